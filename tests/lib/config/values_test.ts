import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { configKeys } from "../../../lib/config/config.ts";
import type { FieldType } from "../../../lib/config/field.ts";
import { formatRange, formatValue, parseValue, valueProblem } from "../../../lib/config/values.ts";

const NUMBER: FieldType = { type: "number", default: 1, min: -10, max: 10 };

Deno.test("parseValue() reads numbers strictly", () => {
  for (const text of ["1", "-5", "+5", "1e-3", "1E-3", ".5", "5.", "007"]) {
    assertEquals(parseValue(NUMBER, text), Number(text), text);
  }
  for (
    const text of ["", " ", "1e-3abc", "1e", "1,5", "0x10", "1_000", "Infinity", "NaN", "one", "--5", "1 "]
  ) {
    assertEquals(parseValue(NUMBER, text), text, "stays a text, to be refused");
    assertNotEquals(valueProblem(NUMBER, parseValue(NUMBER, text)), undefined, text);
  }
});

Deno.test("parseValue() reads true and false only for a flag", () => {
  const type: FieldType = { type: "flag", default: true };
  assertEquals(parseValue(type, "true"), true);
  assertEquals(parseValue(type, "false"), false);
  for (const text of ["1", "yes", "TRUE", ""]) {
    assertNotEquals(valueProblem(type, parseValue(type, text)), undefined);
  }
});

Deno.test("parseValue() splits a list only where the field has a separator", () => {
  assertEquals(parseValue({ type: "textList", default: [], unit: "texts" }, "a,b"), ["a,b"]);
  assertEquals(parseValue({ type: "textList", default: [], unit: "texts", separator: "," }, ".txt, .md"), [
    ".txt",
    ".md",
  ]);
  assertEquals(parseValue({ type: "textList", default: [], unit: "texts" }, ""), []);
});

Deno.test("parseValue() takes other words for a choice", () => {
  const { is } = configKeys().find((key) => key.key === "resources.device")!.field;
  assertEquals(parseValue(is, "cuda"), "gpu");
  assertEquals(parseValue(is, "toString"), "toString");
});

Deno.test("valueProblem() accepts the ends of every range and nothing beyond them", () => {
  for (const { key, field } of configKeys()) {
    const type = field.is;
    if (type.type !== "integer" && type.type !== "number") continue;
    const open = type.type === "number" ? type.open : undefined;
    assertEquals(valueProblem(type, type.min) === undefined, open !== "min", `${key} = ${type.min}`);
    assertEquals(valueProblem(type, type.max) === undefined, open !== "max", `${key} = ${type.max}`);
    assert(valueProblem(type, type.min - 1), `${key} below its range`);
    assert(valueProblem(type, type.max + 1), `${key} above its range`);
    for (const value of [NaN, Infinity, "1", null, undefined, true, [], {}, 1n]) {
      assert(valueProblem(type, value), `${key} = ${formatValue(value)}`);
    }
  }
});

Deno.test("valueProblem() accepts the default of every key", () => {
  for (const { key, field } of configKeys()) {
    assertEquals(valueProblem(field.is, field.is.default), undefined, key);
  }
});

Deno.test("formatRange() leaves out limits that only guard arithmetic", () => {
  assertEquals(
    formatRange({ type: "integer", default: 1, min: 1, max: 1_000_000_000 }),
    "an integer of at least 1",
  );
  assertEquals(formatRange({ type: "integer", default: 1, min: 1, max: 10 }), "an integer from 1 to 10");
});

Deno.test("formatValue() stays on one short line whatever it is given", () => {
  const bomb: unknown[] = [];
  for (let i = 0; i < 100; i++) bomb.push(bomb);
  for (const value of ["a\nb", "x".repeat(1e6), bomb, { a: bomb }, new Date(), null, undefined, 1n, true]) {
    const text = formatValue(value);
    assert(text.length < 80 && !text.includes("\n"), text);
  }
});

Deno.test("valueProblem() holds a text against its pattern", () => {
  const type: FieldType = {
    type: "text",
    default: "eng",
    pattern: "^[a-z_]+$",
    allows: "a language such as eng",
  };
  assertEquals(valueProblem(type, "chi_sim"), undefined);
  assertEquals(valueProblem(type, "../eng"), "must be a language such as eng");
  assertEquals(valueProblem(type, "eng\n"), "must be a language such as eng");
});
