import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../../../lib/common/errors.ts";
import { configKeys, defaultConfig } from "../../../lib/config/config.ts";
import { formatConfigTree, parseConfigTree, readConfigTree } from "../../../lib/config/config_tree.ts";
import { KEY_ALIASES, REFUSED_KEYS } from "../../../lib/config/key_aliases.ts";

Deno.test("parseConfigTree() reads back what formatConfigTree() wrote", () => {
  const config = defaultConfig();
  Object.assign(config.model, { dModel: 96, activation: "relu", bias: false });
  config.generate.stop = ["\n\n", "end"];
  const text = JSON.stringify(formatConfigTree(config));
  assertEquals(parseConfigTree(JSON.parse(text), "config.json"), config);
});

Deno.test("readConfigTree() sets what the tree names and nothing else", () => {
  const values = readConfigTree({ model: { d_model: 8 }, training: null }, "a.yaml");
  assertEquals([...values].map(([key, value]) => [key.key, value]), [["model.d_model", 8]]);
});

Deno.test("readConfigTree() refuses any misspelt key and offers the right one", () => {
  const keys = configKeys();
  const slip = fc.record({
    key: fc.constantFrom(...keys),
    at: fc.nat(),
    letter: fc.constantFrom("", ..."abcdefghijklmnopqrstuvwxyz_"),
  });
  fc.assert(
    fc.property(slip, ({ key, at, letter }) => {
      const i = at % key.snakeName.length;
      const typo = key.snakeName.slice(0, i) + letter + key.snakeName.slice(i + 1);
      const isKey = keys.some((other) => other.snakeName === typo || `${key.group}.${typo}` in REFUSED_KEYS);
      fc.pre(!isKey && !(`${key.group}.${typo}` in KEY_ALIASES));
      const error = assertThrows(() => readConfigTree({ [key.group]: { [typo]: 1 } }, "a.yaml"), UsageError);
      assert(error.message.startsWith(`Cannot read a.yaml: unknown key ${key.group}.${typo}`), error.message);
      assert(error.message.includes(key.key), error.message);
    }),
    { numRuns: 1000, seed: 2 },
  );
});

const REFUSED: [unknown, string][] = [
  [{ model: { learning_rate: 1 } }, "unknown key model.learning_rate; did you mean training.learning_rate?"],
  [{ d_model: 8 }, "unknown key d_model; it belongs to a group: model.d_model"],
  [{ trainig: {} }, "unknown key trainig; did you mean training?"],
  [{ model: { qwxz: 1 } }, "unknown key model.qwxz; model has vocab_size, d_model"],
  [{ model: { "a\nb": 1 } }, 'unknown key "model.a\\nb"'],
  [
    { model: { d_model: "8" } },
    'Cannot use model.d_model = "8" in a.yaml: it must be an integer from 1 to 65536; the default is 128',
  ],
  [{ model: { d_model: null } }, "model.d_model = (empty) in a.yaml"],
  [{ model: { d_model: { of: 3 } } }, "model.d_model = (a group of keys) in a.yaml"],
  [{ model: [1] }, "model must hold keys with values, such as d_model: 256, and is (a list of 1)"],
  [{ data: { paths: "books" } }, "it must be a list of paths"],
  [{ data: { paths: ["a"], data_dir: "b" } }, "it sets data.paths twice, once as data.data_dir; keep one"],
  [
    { training: { max_epochs: 3 } },
    "Cannot use training.max_epochs in a.yaml: runs are counted in optimizer steps",
  ],
];

for (const [tree, message] of REFUSED) {
  Deno.test(`readConfigTree() refuses ${JSON.stringify(tree)}`, () => {
    assertThrows(() => readConfigTree(tree, "a.yaml"), UsageError, message);
  });
}

Deno.test("readConfigTree() reads SheepOp's names for the same keys", () => {
  const tree = {
    device: "cuda",
    seed: 7,
    training: { save_dir: "runs", log_interval: 5 },
    data: { data_dir: "books" },
  };
  const values = readConfigTree(tree, "config.json");
  assertEquals(Object.fromEntries([...values].map(([key, value]) => [key.key, value])), {
    "resources.device": "gpu",
    "training.seed": 7,
    "training.run_dir": "runs",
    "monitor.log_interval": 5,
    "data.paths": ["books"],
  });
});

Deno.test("KEY_ALIASES and REFUSED_KEYS name no key of ours, and aliases lead to one", () => {
  const keys = configKeys().map((key) => key.key);
  for (const [alias, key] of Object.entries(KEY_ALIASES)) {
    assert(keys.includes(key) && !keys.includes(alias), alias);
  }
  for (const name of Object.keys(REFUSED_KEYS)) assert(!keys.includes(name) && !(name in KEY_ALIASES), name);
});
