// Tar archives, packed with gzip or not: every regular file in them is a member. Links and devices are told and never
// followed or made.

import { gunzip, isGzip } from "./_gunzip.ts";
import { MemberGate, TOO_MUCH } from "./_members.ts";
import { readTar, type TarEntry } from "./_tar_entries.ts";
import { type ParseEvent, ParseFailure, type ParseInput, type Parser } from "./parser.ts";

/** Reads .tar, .tar.gz and .tgz. */
export const tarParser: Parser = { parse };

async function* parse({ bytes, data }: ParseInput): AsyncGenerator<ParseEvent> {
  const gate = new MemberGate(data);
  let entries = 0;
  try {
    for await (const entry of readTar(isGzip(bytes) ? gunzip(bytes) : [bytes])) {
      entries++;
      if (entry.type === "folder") continue;
      const { name, sizeBytes } = entry;
      const found = gate.look({ name, sizeBytes, refusal: refusalOf(entry) });
      if (found === undefined) continue;
      if ("type" in found) {
        yield found;
        continue;
      }
      if (!gate.take(sizeBytes)) {
        yield { type: "omitted", reason: TOO_MUCH };
        return;
      }
      yield { type: "member", name: found.path, bytes: await entry.read() };
    }
  } catch (error) {
    if (!(error instanceof ParseFailure) || entries === 0) throw error;
    yield { type: "omitted", reason: error.message };
  }
}

function refusalOf({ type }: TarEntry): string | undefined {
  switch (type) {
    case "file":
      return undefined;
    case "hard link":
      return "archive member: a hard link, its target is read at its own place";
    case "symbolic link":
      return "archive member: a symbolic link";
    case "other":
      return "archive member: not a regular file";
    default:
      return `archive member: a ${type}`;
  }
}
