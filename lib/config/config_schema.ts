// The configuration as JSON Schema 2020-12, for editors and other programs.
// Method: one subschema a field; every object is closed, as unknown keys are errors.

import { type ConfigKey, configKeys } from "./config.ts";
import type { FieldType } from "./field.ts";
import { GROUP_DOCS } from "./fields.ts";

type JsonSchema = Record<string, unknown>;

/**
 * The schema of a configuration file with snake_case keys.
 *
 * @returns a JSON Schema 2020-12 document
 */
export function configSchema(): Record<string, unknown> {
  const groups = Object.entries(GROUP_DOCS).map(([group, description]) => {
    const keys = configKeys().filter((key) => key.group === group);
    return [group, {
      description,
      type: "object",
      properties: Object.fromEntries(keys.map((key) => [key.snakeName, keySchema(key)])),
      additionalProperties: false,
    }];
  });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "sheepop configuration",
    type: "object",
    properties: Object.fromEntries(groups),
    additionalProperties: false,
  };
}

function keySchema({ field }: ConfigKey): JsonSchema {
  const unit = "unit" in field.is && field.is.unit ? ` (${field.is.unit})` : "";
  return { description: `${field.doc}${unit}`, ...typeSchema(field.is), default: field.is.default };
}

function typeSchema(type: FieldType): JsonSchema {
  switch (type.type) {
    case "integer":
      return { type: "integer", minimum: type.min, maximum: type.max };
    case "number":
      return {
        type: "number",
        [type.open === "min" ? "exclusiveMinimum" : "minimum"]: type.min,
        [type.open === "max" ? "exclusiveMaximum" : "maximum"]: type.max,
      };
    case "flag":
      return { type: "boolean" };
    case "choice":
      return { enum: [...type.choices, ...Object.keys(type.aliases ?? {})] };
    case "text":
      return {
        type: "string",
        ...(type.folder ? { minLength: 1 } : {}),
        ...(type.pattern ? { pattern: type.pattern } : {}),
      };
    case "textList":
      return { type: "array", items: { type: "string", minLength: 1 }, minItems: type.minItems ?? 0 };
  }
}
