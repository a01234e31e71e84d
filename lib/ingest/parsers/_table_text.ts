// Rows of a table as text, for CSV, Parquet and SQLite alike. A row is one line a column, `name: value`, without its empty
// values: wherever a model starts to read, it meets each value with its meaning, which a bare row, whose header is thousands
// of tokens away, cannot give. A table that has texts of its own (data.fields, a text or content column, a conversation)
// gives those instead, each row a document.

import { chatColumns } from "./_chat_text.ts";
import { type FieldPath, recordText, valueText } from "./_field_text.ts";
import { parseJson } from "./_json_text.ts";
import type { Omissions } from "./_omissions.ts";

/** Which columns are read and how a row becomes text. */
export interface TableText {
  /** Columns read, as positions in the table. */
  readonly columns: readonly number[];
  /** `rows` for `name: value` lines, `texts` for columns that are texts themselves. */
  readonly kind: "rows" | "texts";
  /** @param values - of the columns read, in their order; empty when there is nothing to read in them */
  rowText(values: readonly unknown[], omissions: Omissions): string;
}

// longer names are text in the wrong place, and would be repeated with every row
const MAX_NAME_LENGTH = 100;
const TEXT_NAMES = ["text", "content"];

/**
 * Decides how a table is read.
 *
 * @param names - of all columns; empty when the table has no header
 * @param paths - data.fields
 * @returns undefined when data.fields is set and the table has none of them
 */
export function tableText(names: readonly string[], paths: readonly FieldPath[]): TableText | undefined {
  const lower = names.map((name) => name.trim().toLowerCase());
  if (paths.length > 0) return fieldColumns(lower, paths);
  const [text, content] = TEXT_NAMES.map((name) => lower.indexOf(name));
  const chat = chatColumns(lower);
  if (text >= 0 || (content >= 0 && chat === undefined)) return plainColumns([text >= 0 ? text : content]);
  if (chat === undefined) return namedColumns(names);
  return {
    columns: chat.map((name) => lower.indexOf(name)),
    kind: "texts",
    rowText(values, omissions) {
      const record = Object.fromEntries(chat.map((name, at) => [name, parsedValue(values[at])]));
      return recordText(record, { paths: [], omissions }) ?? "";
    },
  };
}

/** Texts of one or more columns, an empty line between two of them. */
function plainColumns(columns: readonly number[]): TableText {
  return {
    columns,
    kind: "texts",
    rowText(values, omissions) {
      if (values.length === 1) return valueText(values[0], omissions) ?? "";
      return values.map((value) => valueText(value, omissions)).filter(Boolean).join("\n\n");
    },
  };
}

function fieldColumns(lower: readonly string[], paths: readonly FieldPath[]): TableText | undefined {
  const found = paths.map((path) => ({ path, ...keyedColumn(lower, path) })).filter(({ column }) =>
    column >= 0
  );
  if (found.length === 0) return undefined;
  const columns = found.map(({ column }) => column);
  if (found.every(({ path, key }) => key === path.name)) return plainColumns(columns);
  const inside = found.map(({ path }) => path);
  return {
    columns,
    kind: "texts",
    rowText(values, omissions) {
      const record = Object.fromEntries(
        found.map(({ key, path }, at) => [key, key === path.name ? values[at] : parsedValue(values[at])]),
      );
      return recordText(record, { paths: inside, omissions }) ?? "";
    },
  };
}

/** A list or an object that a cell holds as JSON; any other value as it is. */
function parsedValue(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return parseJson(value);
  } catch {
    return value;
  }
}

/** The column a path names as a whole, or whose inside it names; upper and lower case alike. */
function keyedColumn(lower: readonly string[], { name, steps }: FieldPath): { column: number; key: string } {
  const whole = lower.indexOf(name.toLowerCase());
  if (whole >= 0) return { column: whole, key: name };
  const root = steps[0] ?? "";
  return { column: lower.indexOf(root.toLowerCase()), key: root };
}

function namedColumns(names: readonly string[]): TableText {
  const labels = names.map((name) => {
    const label = name.trim().replace(/\s+/g, " ");
    if (label === "") return "";
    return (label.length > MAX_NAME_LENGTH ? `${label.slice(0, MAX_NAME_LENGTH)}...` : label) + ": ";
  });
  return {
    columns: names.map((_, column) => column),
    kind: "rows",
    rowText(values, omissions) {
      let text = "";
      for (let at = 0; at < values.length; at++) {
        const value = valueText(values[at], omissions);
        if (value === undefined || value === "") continue;
        text += (text === "" ? "" : "\n") + (labels[at] ?? "") + value;
      }
      return text;
    },
  };
}
