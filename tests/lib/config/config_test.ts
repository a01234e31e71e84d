import { assert, assertEquals, assertNotStrictEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../lib/common/errors.ts";
import {
  type Config,
  configKeys,
  configValue,
  defaultConfig,
  setConfigValue,
  validateConfig,
} from "../../../lib/config/config.ts";
import { variableNames } from "../../../lib/config/variables.ts";

Deno.test("defaultConfig() is valid and fresh every time", () => {
  const config = defaultConfig();
  validateConfig(config);
  config.data.paths.push("more");
  config.model.dModel = 8;
  assertEquals(defaultConfig().data.paths, ["data/samples"]);
  assertEquals(defaultConfig().model.dModel, 128);
  assertNotStrictEquals(defaultConfig().data.exclude, defaultConfig().data.exclude);
});

Deno.test("configKeys() lists every value of the configuration exactly once", () => {
  const listed = configKeys().map(({ group, name }) => `${group}.${name}`);
  const actual = Object.entries(defaultConfig()).flatMap(([group, values]) =>
    Object.keys(values).map((name) => `${group}.${name}`)
  );
  assertEquals(listed, actual);
  assertEquals(new Set(listed).size, listed.length);
});

Deno.test("configKeys() gives every key one flag and its variables to no other key", () => {
  const flags = configKeys().map((key) => key.flag);
  assertEquals(new Set(flags).size, flags.length);
  const names = configKeys().length + configKeys().filter((key) => key.isUnique).length;
  assertEquals(variableNames().size, names);
  for (const { name, field } of configKeys()) {
    assert(/^[a-z][A-Za-z0-9]*$/.test(name), name);
    assert(!field.doc.endsWith("."), `${name}: a full stop is added where needed`);
  }
});

Deno.test("setConfigValue() copies lists", () => {
  const config = defaultConfig();
  const key = configKeys().find((candidate) => candidate.key === "generate.stop")!;
  const value = ["A"];
  setConfigValue(config, { key, value });
  value.push("B");
  assertEquals(configValue(config, key), ["A"]);
});

const BROKEN: [string, (config: Config) => void, string][] = [
  [
    "heads that do not divide the width",
    (c) => c.model.numHeads = 3,
    "must be a multiple of model.num_heads",
  ],
  [
    "a lowest learning rate above the highest",
    (c) => c.training.minLearningRate = 1,
    "Cannot use training.min_learning_rate = 1: it must be at most training.learning_rate, which is 0.002",
  ],
  [
    "a single checkpoint",
    (c) => c.checkpoint.keepLast = 1,
    "checkpoint.keep_last = 1: it must be an integer from 2",
  ],
  ["a fraction of a layer", (c) => c.model.numLayers = 1.5, "model.num_layers = 1.5: it must be an integer"],
  ["a number that is none", (c) => c.training.learningRate = NaN, "training.learning_rate = NaN"],
  ["dropout of everything", (c) => c.model.dropout = 1, "a number from 0 to below 1"],
  ["a learning rate of zero", (c) => c.training.learningRate = 0, "a number above 0 and at most 10"],
  [
    "no paths",
    (c) => c.data.paths = [],
    "data.paths = (a list of 0): it must be a list of at least 1 of paths",
  ],
  ["an empty path", (c) => c.data.paths = ["a", ""], 'item 2 is ""'],
  ["a folder at the root", (c) => c.training.runDir = "/", "must not be the root"],
  ["a folder of the home directory", (c) => c.data.outputDir = "~/x", "is not expanded by a shell here"],
  ["a folder that looks like a flag", (c) => c.data.outputDir = "-", "must not begin with a dash"],
  ["a folder without a name", (c) => c.data.outputDir = " ", "must name a folder"],
  [
    "a wrong type",
    (c) => Object.assign(c.model, { bias: "yes" }),
    'model.bias = "yes": it must be true or false',
  ],
  ["a missing value", (c) => Object.assign(c.model, { bias: undefined }), "model.bias = (missing)"],
  ["a missing group", (c) => Object.assign(c, { model: undefined }), "model.vocab_size = (missing)"],
  ["a key of its own", (c) => Object.assign(c.model, { d_model: 3 }), "model.d_model is not a key of it"],
  ["a group of its own", (c) => Object.assign(c, { modell: { a: 1 } }), "modell.a is not a key of it"],
];

for (const [what, change, message] of BROKEN) {
  Deno.test(`validateConfig() refuses ${what} in one line`, () => {
    const config = defaultConfig();
    change(config);
    const error = assertThrows(() => validateConfig(config), UsageError, message);
    assert(!error.message.includes("\n"), error.message);
    assert(error.message.startsWith("Cannot "), error.message);
  });
}

Deno.test("validateConfig() names the origin where it is known", () => {
  const config = defaultConfig();
  config.training.minLearningRate = 1;
  const origins = new Map([["training.min_learning_rate", "file a.yaml"]]);
  assertThrows(() => validateConfig(config, origins), UsageError, "min_learning_rate = 1 (file a.yaml): it");
});

Deno.test("validateConfig() ignores the lowest learning rate where the schedule has none", () => {
  const config = defaultConfig();
  Object.assign(config.training, { schedule: "constant", learningRate: 1e-5 });
  validateConfig(config);
});
