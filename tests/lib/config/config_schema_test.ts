import { assert, assertEquals } from "@std/assert";
import { configKeys } from "../../../lib/config/config.ts";
import { configSchema } from "../../../lib/config/config_schema.ts";

Deno.test("configSchema() describes every key and closes every object", () => {
  const schema = configSchema() as {
    properties: Record<string, Record<string, unknown>>;
    additionalProperties: boolean;
  };
  assertEquals(schema.additionalProperties, false);
  const described = Object.entries(schema.properties).flatMap(
    ([group, { properties, additionalProperties }]) => {
      assertEquals(additionalProperties, false);
      return Object.keys(properties as Record<string, unknown>).map((name) => `${group}.${name}`);
    },
  );
  assertEquals(described, configKeys().map((key) => key.key));
});

Deno.test("configSchema() carries sentence, type, range and default", () => {
  const properties = configSchema().properties as Record<
    string,
    { properties: Record<string, Record<string, unknown>> }
  >;
  assertEquals(properties.model.properties.d_model, {
    description: "Model width C, a multiple of num_heads (channels)",
    type: "integer",
    minimum: 1,
    maximum: 65_536,
    default: 128,
  });
  assertEquals(properties.training.properties.learning_rate.exclusiveMinimum, 0);
  assertEquals(properties.model.properties.dropout.exclusiveMaximum, 1);
  assertEquals(properties.resources.properties.device.enum, [
    "auto",
    "gpu",
    "cpu",
    "reference",
    "cuda",
    "mps",
  ]);
  assertEquals(properties.data.properties.paths.minItems, 1);
  assert(JSON.stringify(configSchema()).includes("https://json-schema.org/draft/2020-12/schema"));
});
