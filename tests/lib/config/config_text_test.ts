import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parse } from "@std/yaml";
import { configKeys, defaultConfig, validateConfig } from "../../../lib/config/config.ts";
import { formatConfigDocs, formatConfigYaml } from "../../../lib/config/config_text.ts";
import { parseConfigTree } from "../../../lib/config/config_tree.ts";

const DOCS = new URL("../../../docs/configuration.md", import.meta.url);

Deno.test("formatConfigYaml() is read back to the same values, with and without comments", () => {
  const config = defaultConfig();
  for (const comments of [true, false]) {
    assertEquals(parseConfigTree(parse(formatConfigYaml(config, { comments })), "a.yaml"), config);
  }
});

Deno.test("formatConfigYaml() keeps any text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.array(fc.string({ minLength: 1 })), (prompt, stop) => {
      const config = defaultConfig();
      config.training.samplePrompt = prompt;
      config.generate.stop = stop.filter((text) => !text.includes("\0"));
      assertEquals(parseConfigTree(parse(formatConfigYaml(config)), "a.yaml"), config);
    }),
    { numRuns: 100, seed: 3 },
  );
});

Deno.test("formatConfigYaml() quotes words that YAML reads as something else", () => {
  const config = defaultConfig();
  for (
    const word of ["true", "no", "null", "~", "1e3", "0x10", "- a", "#x", "a: b", "", " a", ".inf", ".5"]
  ) {
    config.training.samplePrompt = word;
    validateConfig(config);
    assertEquals(parseConfigTree(parse(formatConfigYaml(config)), "a.yaml").training.samplePrompt, word);
  }
});

Deno.test("formatConfigYaml() comments every key in short lines", () => {
  const lines = formatConfigYaml(defaultConfig()).split("\n");
  for (const { snakeName } of configKeys()) {
    const at = lines.findIndex((line) => line.startsWith(`  ${snakeName}:`));
    assert(lines[at - 1].startsWith("  # "), snakeName);
  }
  assert(lines.every((line) => line.length <= 110));
});

Deno.test("formatConfigDocs() wrote docs/configuration.md", async () => {
  const path = "docs/configuration.md";
  // Set to rewrite the page after a change of the table.
  if (Deno.env.get("UPDATE_DOCS") === "1") await Deno.writeTextFile(DOCS, formatConfigDocs());
  const isCurrent = await Deno.readTextFile(DOCS) === formatConfigDocs();
  assert(
    isCurrent,
    `${path} is not current: UPDATE_DOCS=1 deno test -A tests/lib/config/config_text_test.ts`,
  );
});
