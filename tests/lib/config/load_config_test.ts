import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { UsageError } from "../../../lib/common/errors.ts";
import { configKeys, defaultConfig } from "../../../lib/config/config.ts";
import { type ConfigSources, type FlagText, loadConfig } from "../../../lib/config/load_config.ts";

type Files = Record<string, string>;

async function loadIn(files: Files, sources: ConfigSources = {}): ReturnType<typeof loadConfig> {
  const cwd = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(cwd, name), text);
    return await loadConfig({ cwd, ...sources });
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

function flags(texts: Record<string, string[]>): Map<string, FlagText> {
  return new Map(
    Object.entries(texts).map(([key, values]) => [key, { source: `--${key.split(".")[1]}`, texts: values }]),
  );
}

Deno.test("loadConfig() gives the defaults where nothing else is said", async () => {
  const { config, origins } = await loadConfig();
  assertEquals(config, defaultConfig());
  assertEquals([...origins], configKeys().map((key) => [key.key, "default"]));
});

// Every layer beats those before it, and its name is the origin.
const FILE = { "sheepop.yaml": "training:\n  max_steps: 1\n" };
const DOT_ENV = { ".env": "OTHER=x\nSHEEPOP_MAX_STEPS=2\n" };
const LAYERS: [string, Files, ConfigSources, number][] = [
  ["default", {}, {}, 1500],
  ["file sheepop.yaml", FILE, {}, 1],
  ["environment SHEEPOP_MAX_STEPS (.env)", { ...FILE, ...DOT_ENV }, {}, 2],
  ["environment SHEEPOP_MAX_STEPS", { ...FILE, ...DOT_ENV }, { env: { SHEEPOP_MAX_STEPS: "3" } }, 3],
  [
    "environment SHEEPOP_TRAINING_MAX_STEPS",
    FILE,
    { env: { SHEEPOP_TRAINING_MAX_STEPS: "4", HOME: "/" } },
    4,
  ],
  ["flag --max_steps", { ...FILE, ...DOT_ENV }, {
    env: { SHEEPOP_MAX_STEPS: "3" },
    flags: flags({ "training.max_steps": ["5"] }),
  }, 5],
];

for (const [origin, files, sources, expected] of LAYERS) {
  Deno.test(`loadConfig() takes max_steps from ${origin} over everything below it`, async () => {
    const { config, origins } = await loadIn(files, sources);
    assertEquals(config.training.maxSteps, expected);
    assertEquals(origins.get("training.max_steps"), origin);
    assertEquals(origins.get("training.batch_size"), "default");
  });
}

Deno.test("loadConfig() finds the file of every ending, or reads the one that is named", async () => {
  const files = { "sheepop.toml": "[model]\nd_model = 8\n", "other.json": '{"model": {"d_model": 12}}' };
  assertEquals((await loadIn({ "sheepop.json": files["other.json"] })).config.model.dModel, 12);
  assertEquals((await loadIn({ "sheepop.yml": "model: {d_model: 16}" })).config.model.dModel, 16);
  assertEquals((await loadIn({ "sheepop.toml": files["sheepop.toml"] })).config.model.dModel, 8);
  const dir = await Deno.makeTempDir();
  try {
    const other = join(dir, "other.json");
    await Deno.writeTextFile(other, files["other.json"]);
    const named = await loadIn(files, { env: { SHEEPOP_CONFIG: other } });
    assertEquals([named.config.model.dModel, named.origins.get("model.d_model")], [12, `file ${other}`]);
    const flagged = await loadIn(files, { file: other, env: { SHEEPOP_CONFIG: "nowhere.yaml" } });
    assertEquals(flagged.config.model.dModel, 12);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("loadConfig() refuses to choose between two files of the working directory", async () => {
  const files = { "sheepop.yaml": "", "sheepop.toml": "" };
  await assertRejects(
    () => loadIn(files),
    UsageError,
    "sheepop.yaml and sheepop.toml are here and only one is read",
  );
});

Deno.test("loadConfig() reads lists from repeated flags, separators and JSON", async () => {
  const { config } = await loadIn({}, {
    flags: flags({
      "generate.stop": ["a,b", "[INST]"],
      "data.extensions": [".txt,.md", ".rst"],
      "data.exclude": [""],
    }),
    env: { SHEEPOP_PATHS: '["a b", "c"]', SHEEPOP_INCLUDE: "*.txt", SHEEPOP_STOP: '["x"]' },
  });
  assertEquals(config.generate.stop, ["a,b", "[INST]"]);
  assertEquals(config.data.extensions, [".txt", ".md", ".rst"]);
  assertEquals(config.data.exclude, []);
  assertEquals(config.data.paths, ["a b", "c"]);
  assertEquals(config.data.include, ["*.txt"]);
});

Deno.test("loadConfig() starts from a base and takes some groups only", async () => {
  const base = defaultConfig();
  base.model.dModel = 64;
  const { config, origins } = await loadIn(
    { "sheepop.yaml": "model: {d_model: 8}\ngenerate: {top_k: 3}\n" },
    {
      base,
      baseOrigin: "checkpoint a",
      groups: ["generate"],
    },
  );
  assertEquals([config.model.dModel, config.generate.topK], [64, 3]);
  assertEquals([origins.get("model.d_model"), origins.get("generate.top_k")], [
    "checkpoint a",
    "file sheepop.yaml",
  ]);
  config.data.paths.push("changed");
  assertEquals(base.data.paths, ["data/samples"]);
});

const REFUSED: [string, ConfigSources, string][] = [
  [
    "an unknown variable",
    { env: { SHEEPOP_MAX_STEP: "3" } },
    "SHEEPOP_MAX_STEP is not a setting of sheepop; did you mean SHEEPOP_MAX_STEPS?",
  ],
  [
    "a variable of two groups",
    { env: { SHEEPOP_SEED: "3" } },
    "several groups have it: SHEEPOP_TRAINING_SEED or SHEEPOP_GENERATE_SEED",
  ],
  [
    "a variable twice",
    { env: { SHEEPOP_D_MODEL: "8", SHEEPOP_MODEL_D_MODEL: "8" } },
    "model.d_model is set by environment SHEEPOP_D_MODEL too",
  ],
  [
    "an empty number",
    { env: { SHEEPOP_D_MODEL: "" } },
    'Cannot use SHEEPOP_D_MODEL = "": model.d_model must be an integer',
  ],
  [
    "a broken list",
    { env: { SHEEPOP_STOP: "[a" } },
    'a list of several texts is written as JSON, ["a", "b"]',
  ],
  ["a list of numbers", { env: { SHEEPOP_STOP: "[1]" } }, "generate.stop must be a list of texts"],
  [
    "a wrong flag",
    { flags: flags({ "training.schedule": ["cos"] }) },
    'Cannot use --schedule "cos": training.schedule must be one of cosine, linear, constant; the default',
  ],
  [
    "a broken rule",
    { env: { SHEEPOP_MIN_LEARNING_RATE: "1" } },
    "min_learning_rate = 1 (environment SHEEPOP_MIN_LEARNING_RATE)",
  ],
];

for (const [what, sources, message] of REFUSED) {
  Deno.test(`loadConfig() refuses ${what}`, async () => {
    await assertRejects(() => loadIn({}, sources), UsageError, message);
  });
}

Deno.test("loadConfig() refuses a misspelt variable of .env", async () => {
  await assertRejects(() => loadIn({ ".env": "SHEEPOP_TOPK=3\n" }), UsageError, "did you mean SHEEPOP_TOP_K");
});

Deno.test("loadConfig() passes over variables that are no keys", async () => {
  const env = { SHEEPOP_REQUIRE_GPU: "1", SHEEPOP_DENO: "/bin/deno", PATH: "/bin" };
  assertEquals((await loadIn({}, { env })).config, defaultConfig());
});
