// The configuration written for people: a YAML file with a comment on every key, and docs/configuration.md.

import { type Config, type ConfigKey, configKeys, type ConfigValue, configValue } from "./config.ts";
import { GROUP_DOCS } from "./fields.ts";
import { KEY_ALIASES, REFUSED_KEYS } from "./key_aliases.ts";
import { formatRange } from "./values.ts";
import { RESERVED_VARIABLES } from "./variables.ts";
import { wrap } from "./wrap.ts";

/** Width of comments in written YAML. */
const COMMENT_COLUMNS = 100;

/** Width of prose in Markdown, the one `deno fmt` keeps. */
const MARKDOWN_COLUMNS = 110;

/** Texts YAML reads as themselves without quotes. */
const PLAIN_TEXT = /^\.?[A-Za-z_/][\w./-]*$/;
const YAML_WORDS = /^(true|false|null|yes|no|on|off|~|\.nan|[+-]?\.inf)$/i;

/**
 * Writes a configuration as YAML.
 *
 * @param config - values to write
 * @param options.comments - a sentence, the range and the default above every key; true where left out
 * @returns the file's text, read back by `readConfigFile` to the same values
 */
export function formatConfigYaml(config: Config, options: { comments?: boolean } = {}): string {
  const comments = options.comments ?? true;
  const parts: string[] = [];
  for (const [group, doc] of Object.entries(GROUP_DOCS)) {
    const lines = comments ? [`# ${doc}.`, `${group}:`] : [`${group}:`];
    for (const key of configKeys().filter((candidate) => candidate.group === group)) {
      if (comments) lines.push(...commentLines(key));
      lines.push(...yamlLines(key.snakeName, configValue(config, key)));
    }
    parts.push(lines.join("\n"));
  }
  return parts.join(comments ? "\n\n" : "\n") + "\n";
}

/** The page docs/configuration.md: how values are put together, and every key in a table by group. */
export function formatConfigDocs(): string {
  const tables = Object.entries(GROUP_DOCS).map(([group, doc]) => {
    const keys = configKeys().filter((key) => key.group === group);
    const rows = keys.map((key) => [
      `\`${key.snakeName}\``,
      `\`--${key.flag}\``,
      `\`${formatDefault(key)}\``,
      `${key.field.doc}: ${rangeWithUnit(key)}`,
    ]);
    return `## ${group}\n\n${doc}.\n\n${markdownTable(["Key", "Flag", "Default", "Meaning"], rows)}\n`;
  });
  return ["# Configuration\n", ...DOCS_HEAD.map(formatParagraph), ...tables, sheepOpSection(), ""].join("\n");
}

/** The allowed values with their unit: `an integer from 1 to 1024 (blocks)`. */
export function rangeWithUnit({ field }: ConfigKey): string {
  const unit = "unit" in field.is && field.is.unit ? ` (${field.is.unit})` : "";
  return `${formatRange(field.is)}${unit}`;
}

const DOCS_HEAD: readonly string[] = [
  "<!-- Written by formatConfigDocs() from lib/config/fields.ts; change it there. -->",
  "Values are put together in this order; a later one wins:",
  "1. the defaults below;",
  "2. a file: `--config FILE`, else the file `SHEEPOP_CONFIG` names, else `sheepop.yaml`, `sheepop.yml`, " +
  "`sheepop.toml` or `sheepop.json` in the working directory (at most one of them);",
  "3. the environment, and below it the file `.env` of the working directory;",
  "4. flags.",
  "`sheepop config show --origin` prints every value and where it came from; `sheepop config init` writes " +
  "a file with every key; `sheepop config schema` prints the JSON Schema. Relative paths are relative to " +
  "the working directory. A misspelt key, variable or flag is an error that names the nearest one.",
  "One word names a key everywhere: `model.d_model` in a file, `--d-model` or `--model-d-model` as a flag, " +
  "`SHEEPOP_D_MODEL` or `SHEEPOP_MODEL_D_MODEL` in the environment. `seed` stands in two groups: in " +
  "the environment it needs its group, and the flag `--seed` means the one of the command (`train`: " +
  "training, `generate`: generate).",
  "A flag that may be repeated makes a list (`--stop A --stop B`), and an empty value the empty list " +
  '(`--exclude=`); in the environment a list of several texts is JSON: `SHEEPOP_STOP=\'["A", "B"]\'`. The ' +
  `variables ${RESERVED_VARIABLES.map((name) => `\`${name}\``).join(", ")} are no keys.`,
];

function sheepOpSection(): string {
  const read = Object.entries(KEY_ALIASES).map(([name, key]) => [`\`${name}\``, `read as \`${key}\``]);
  const refused = Object.entries(REFUSED_KEYS).map(([name, advice]) => [`\`${name}\``, `refused: ${advice}`]);
  return "## Configurations of SheepOp\n\n" +
    "A `config.json` of SheepOp is read as it is where the names agree. The others:\n\n" +
    markdownTable(["SheepOp's key", "Here"], [...read, ...refused]);
}

function commentLines(key: ConfigKey): string[] {
  const text = `${key.field.doc}. ${capitalise(rangeWithUnit(key))}; default ${formatDefault(key)}.`;
  return wrap(text, COMMENT_COLUMNS - 4).map((line) => `  # ${line}`);
}

function formatDefault({ field }: ConfigKey): string {
  return formatYamlValue(field.is.default as ConfigValue);
}

function yamlLines(name: string, value: ConfigValue): string[] {
  const line = `  ${name}: ${formatYamlValue(value)}`;
  if (line.length <= COMMENT_COLUMNS || !Array.isArray(value)) return [line];
  return [`  ${name}:`, ...value.map((item) => `    - ${formatYamlValue(item)}`)];
}

function formatYamlValue(value: ConfigValue): string {
  if (Array.isArray(value)) return `[${value.map(formatYamlValue).join(", ")}]`;
  if (typeof value !== "string") return String(value);
  return PLAIN_TEXT.test(value) && !YAML_WORDS.test(value) ? value : JSON.stringify(value);
}

// A list item is indented under its number and followed by the next; a paragraph is followed by an empty
// line.
function formatParagraph(text: string): string {
  const isItem = /^\d\. /.test(text);
  const isLast = text === "4. flags.";
  const lines = wrap(text, isItem ? MARKDOWN_COLUMNS - 3 : MARKDOWN_COLUMNS);
  return lines.join(isItem ? "\n   " : "\n") + (isItem && !isLast ? "" : "\n");
}

// Columns are padded as `deno fmt` does, so the written page is already formatted.
function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  return [line(cells[0]), rule, ...cells.slice(1).map(line)].join("\n");
}

function capitalise(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}
