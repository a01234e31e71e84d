// Reads a configuration file as a tree of plain values: YAML, TOML or JSON by its ending.
// Knows nothing of keys (config_tree.ts). The one file of lib/ that uses @std; mod.ts does not reach it.
// TOML is read by smol-toml: @std/toml keeps the last of two equal keys silently and rounds large integers.

import { extname } from "node:path";
import { parse as parseYaml } from "@std/yaml";
import { UsageError } from "../common/errors.ts";

/** A configuration is a page of text; a larger file is a mistake or an attack. */
const MAX_BYTES = 1_048_576;

/** Endings of configuration files, in the order a working directory is searched. */
export const CONFIG_ENDINGS: readonly string[] = [".yaml", ".yml", ".toml", ".json"];

/**
 * Reads and parses a configuration file.
 *
 * @param path - file ending in .yaml, .yml, .toml or .json
 * @param source - what messages call the file; the path where left out
 * @returns its values, unchecked
 * @throws {UsageError} where it cannot be read, is too large, has a syntax error or sets a key twice
 */
export async function readConfigFile(path: string, source: string = path): Promise<unknown> {
  const ending = extname(path).toLowerCase();
  if (!CONFIG_ENDINGS.includes(ending)) {
    throw new UsageError(
      `Cannot read ${source}: a configuration file ends in ${CONFIG_ENDINGS.join(", ")}; rename it`,
    );
  }
  const text = await readSmallText(path, { source, maxBytes: MAX_BYTES });
  try {
    if (ending === ".toml") return await parseToml(text);
    return ending === ".json" ? parseJson(text) : parseYaml(text);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`Cannot read ${source}: ${firstLine(error)}; correct the file`, { cause: error });
  }
}

/**
 * Reads a small UTF-8 text file.
 *
 * @returns its text without a byte order mark
 * @throws {UsageError} where it is missing, no plain file, larger than `maxBytes` or not UTF-8
 */
export async function readSmallText(
  path: string,
  options: { source: string; maxBytes: number },
): Promise<string> {
  const { source, maxBytes } = options;
  let bytes: Uint8Array;
  try {
    // Opening a pipe or device would wait for ever, so the kind is looked at first.
    const info = await Deno.stat(path);
    if (!info.isFile) throw new UsageError(`Cannot read ${source}: it is not a file; name a file`);
    if (info.size > maxBytes) {
      throw new UsageError(
        `Cannot read ${source}: it may have ${maxBytes} bytes and has ${info.size}; shorten it`,
      );
    }
    bytes = await Deno.readFile(path);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const reason = error instanceof Deno.errors.NotFound
      ? "there is no such file; check the path"
      : firstLine(error);
    throw new UsageError(`Cannot read ${source}: ${reason}`, { cause: error });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new UsageError(`Cannot read ${source}: it is not UTF-8 text; save it as UTF-8`, { cause: error });
  }
}

async function parseToml(text: string): Promise<unknown> {
  const { parse } = await import("smol-toml");
  return parse(text);
}

// JSON.parse keeps the last of two equal keys silently. JSON is YAML, whose parser refuses them.
function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  parseYaml(text);
  return value;
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split("\n")[0].replace(/[.:;]$/, "");
}
