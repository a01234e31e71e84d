// The help texts, made from the command table and each command's declaration.

import { EXIT_STATUS } from "../lib/common/errors.ts";
import type { ConfigKey } from "../lib/config/config.ts";
import type { FieldType } from "../lib/config/field.ts";
import { GROUP_DOCS } from "../lib/config/fields.ts";
import { wrap } from "../lib/config/wrap.ts";
import type { CommandDeclaration, CommandEntry, Flag } from "./command.ts";
import { formatColumns, HELP_COLUMNS } from "./_columns.ts";
import { flagName, ownFlags, settingsOf } from "./_flags.ts";

/** What each exit status means. */
const STATUS_DOCS: Readonly<Record<keyof typeof EXIT_STATUS, string>> = {
  success: "success, also where the reader of the output went away",
  failure: "a defect of sheepop or of the machine; --debug shows where",
  usage: "a mistake in flags, configuration or input; the message says what to change",
  diverged: "training diverged: the loss became infinite or not a number",
  locked: "another process works in the run folder",
  incomplete: "ingest --strict: a file could not be read, or not all of it",
  interrupted: "interrupted by Ctrl-C",
  terminated: "ended by a termination signal",
};

/** Column where the meaning of a flag begins. */
const DOC_COLUMN = 38;

/** Text of `sheepop --help`. */
export function formatHelp(commands: readonly CommandEntry[]): string {
  const statuses = Object.entries(EXIT_STATUS).map(([name, status]) => [
    String(status),
    STATUS_DOCS[name as keyof typeof EXIT_STATUS],
  ]);
  return [
    "sheepop: turn a folder of files into a language model",
    "",
    "Usage: sheepop COMMAND [ARGUMENTS] [--FLAGS]",
    "",
    "Commands:",
    ...formatColumns(commands.map(({ name, summary }) => [name, summary]), { indent: "  " }),
    "",
    "  sheepop COMMAND --help  shows a command's arguments, flags and examples",
    "  sheepop --version       shows the version",
    "",
    "Every flag that sets a key of the configuration can stand in a file or the environment as well:",
    "--max-seq-len 64, SHEEPOP_MAX_SEQ_LEN=64, or max_seq_len: 64 under model: in sheepop.yaml.",
    "",
    "Exit status:",
    ...formatColumns(statuses, { indent: "  ", right: [0] }),
    "",
  ].join("\n");
}

/** Text of `sheepop COMMAND --help`. */
export function formatCommandHelp(command: CommandDeclaration): string {
  const lines = [`Usage: sheepop ${command.name}${usage(command)} [--FLAGS]`, ""];
  lines.push(...wrap(command.doc, HELP_COLUMNS));
  if (command.positional) {
    lines.push("", "Arguments:", ...item(command.positional.name, command.positional.doc));
  }
  lines.push("", "Examples:");
  for (const { line, doc } of command.examples) lines.push(`  ${line}`, `      ${doc}`);
  lines.push("", "Flags:", ...ownFlags(command).flatMap((flag) => item(ownFlagHead(flag), ownFlagDoc(flag))));
  lines.push(...settingsHelp(command), ...aliasHelp(command), "");
  return lines.join("\n");
}

function usage({ usage, positional }: CommandDeclaration): string {
  if (usage !== undefined) return ` ${usage}`;
  if (!positional) return "";
  const name = `${positional.name}${positional.max > 1 ? "..." : ""}`;
  return positional.min ? ` ${name}` : ` [${name}]`;
}

function ownFlagHead(flag: Flag): string {
  if (flag.name === "help") return "-h, --help";
  if (flag.value === undefined) return `--${flag.name}`;
  return flag.isValueOptional ? `--${flag.name}[=${flag.value}]` : `--${flag.name} ${flag.value}`;
}

function ownFlagDoc(flag: Flag): string {
  const remarks: string[] = [];
  if (flag.isRequired) remarks.push("required");
  if (flag.isRepeatable) remarks.push("repeatable");
  if (flag.conflicts) remarks.push(`not with ${flag.conflicts.map((name) => `--${name}`).join(", ")}`);
  return remarks.length === 0 ? flag.doc : `${flag.doc} (${remarks.join("; ")})`;
}

function settingsHelp(command: CommandDeclaration): string[] {
  const lines: string[] = [];
  let group = "";
  for (const key of settingsOf(command)) {
    if (key.group !== group) lines.push("", `${GROUP_DOCS[key.group]} (${key.group}):`);
    group = key.group;
    lines.push(...item(settingHead(command, key), `${key.field.doc} (${settingRemark(key.field.is)})`));
  }
  return lines;
}

function settingHead(command: CommandDeclaration, key: ConfigKey): string {
  const name = flagName(command, key);
  switch (key.field.is.type) {
    case "flag":
      return `--[no-]${name}`;
    case "choice":
      return `--${name} ${key.field.is.choices.join("|")}`;
    case "text":
      return `--${name} ${key.field.is.folder ? "DIR" : "TEXT"}`;
    case "textList":
      return `--${name} ${key.field.is.unit.replace(/s$/, "").toUpperCase()}`;
    default:
      return `--${name} N`;
  }
}

function settingRemark(type: FieldType): string {
  const unit = "unit" in type && type.unit ? ` ${type.unit}` : "";
  switch (type.type) {
    case "flag":
      return `default ${type.default ? "on" : "off"}`;
    case "text":
      return type.default === "" ? "default empty" : `default ${type.default}`;
    case "textList":
      return `${type.separator ? "repeatable or separated by commas" : "repeatable"}; default ${
        type.default.length === 0 ? "none" : type.default.join(" ")
      }`;
    default:
      return `default ${type.default}${unit}`;
  }
}

function aliasHelp(command: CommandDeclaration): string[] {
  const aliases = Object.entries(command.aliases ?? {});
  if (aliases.length === 0) return [];
  return [
    "",
    "Other names, as in SheepOp:",
    ...aliases.flatMap(([alias, name]) => item(`--${alias}`, `same as --${name}`)),
  ];
}

function item(head: string, doc: string): string[] {
  const [first, ...rest] = wrap(doc, HELP_COLUMNS - DOC_COLUMN);
  const indent = " ".repeat(DOC_COLUMN);
  const start = `  ${head}`;
  const continued = rest.map((line) => indent + line);
  if (start.length + 2 > DOC_COLUMN) return [start, indent + first, ...continued];
  return [start.padEnd(DOC_COLUMN) + first, ...continued];
}
