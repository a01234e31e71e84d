// Every key of the configuration has an effect: a table says, for each, a value that is not the usual one and what shows
// the difference. A key without an entry fails the test, and so does one that changes nothing.

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import type { GpuBackend } from "../../kernels/program/gpu_backend.ts";
import { listCheckpoints } from "../../lib/checkpoint/checkpoint.ts";
import { UsageError } from "../../lib/common/errors.ts";
import {
  type Config,
  configKeys,
  type ConfigValue,
  configValue,
  setConfigValue,
} from "../../lib/config/config.ts";
import { generateFromCheckpoint } from "../../lib/inference/generate.ts";
import { ingest } from "../../lib/ingest/ingest.ts";
import { openBackend } from "../../lib/model/open_backend.ts";
import { readMetrics } from "../../lib/monitor/metrics.ts";
import { trainFromFiles } from "../../lib/training/pipeline.ts";
import type { TrainEvent } from "../../lib/training/train_events.ts";
import { openTestGpu } from "../support/gpu.ts";
import { textPage, writePdf } from "../support/pdf_writer.ts";
import { listTree, withFolder } from "../support/program.ts";
import { TINY_FILES, tinyRunConfig } from "../support/tiny_corpus.ts";
import { makeSteps, openTinyRun, randomBatches } from "../support/tiny_model.ts";

/** Gives what a configuration led to; `folder` holds the texts. */
type Look = (config: Config, folder: string) => Promise<unknown>;

interface Effect {
  /** Another value than the one of tinyRunConfig(). */
  readonly value: ConfigValue;
  /** What has to differ. */
  readonly look: Look;
  /** What is seen with the value, where that is known. */
  readonly sees?: unknown;
  /** Changes that both runs need for the key to matter. */
  readonly given?: (config: Config) => void;
}

const FILES = {
  ...TINY_FILES,
  "texts/accents.txt": "cafe\u0301 and nai\u0308ve sheep\n".repeat(4),
  "texts/deep/inner.rst": "A text in a folder of the folder.\n",
  "texts/hirte.txt":
    "Der Hirte z\u00e4hlte die Schafe, und eines von ihnen war nicht da. Er nahm den Stab und ging, um es zu suchen.\n",
  "texts/alike.txt": sentencesOf(80) + "One more lamb.\n",
  "texts/alike_too.txt": sentencesOf(80) + "One more ewe.\n",
  "texts/keys.txt": `The key AKIA${"IOSFODNN7EXAMPLE"} opens no gate that the sheep know of.\n`,
  "texts/rows.txt": "*** --- *** === +++ sheep\n",
  "more/repository/.git/HEAD": "ref: refs/heads/main\n",
  "more/repository/.gitignore": "drafts/\n",
  "more/repository/drafts/a.txt": "A draft that nobody should learn from, about goats.\n",
  "more/repository/kept.txt": "A text of the repository, about cows in the meadow.\n",
  "more/other.txt": "Another folder with another text, about geese.\n".repeat(5),
};

/** Sentences that do not repeat. */
function sentencesOf(count: number): string {
  return Array.from({ length: count }, (_, at) => `Sheep ${at * at} followed dog ${at * 7}.\n`).join("");
}

async function events(config: Config): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  await trainFromFiles(config, { onEvent: (event) => events.push(event) });
  return events;
}

async function eventsOf<Kind extends TrainEvent["kind"]>(
  config: Config,
  kind: Kind,
): Promise<Extract<TrainEvent, { kind: Kind }>[]> {
  const isWanted = (event: TrainEvent): event is Extract<TrainEvent, { kind: Kind }> => event.kind === kind;
  return (await events(config)).filter(isWanted);
}

const opened = async (config: Config) => (await eventsOf(config, "opened"))[0];
const parameters: Look = async (config) => (await opened(config)).parameters;
const tokensPerStep: Look = async (config) => (await opened(config)).tokensPerStep;
const losses: Look = async (config) => (await rows(config, "train")).map(({ loss }) => loss);
const rates: Look = async (config) =>
  (await rows(config, "train")).map((row) => "learningRate" in row && row.learningRate);
const loggedSteps: Look = async (config) => (await rows(config, "train")).map(({ step }) => step);
const measuredSteps: Look = async (config) => (await rows(config, "validation")).map(({ step }) => step);
const measuredTokens: Look = async (config) => (await rows(config, "validation"))[0].tokens;
const savedSteps: Look = async (config) => (await eventsOf(config, "checkpoint")).map(({ step }) => step);
const sample: Look = async (config) =>
  (await eventsOf(config, "sample")).map(({ prompt, text }) => prompt + text);

async function rows(config: Config, kind: "train" | "validation") {
  await events(config);
  return (await readMetrics(config.training.runDir)).filter((row) => row.kind === kind);
}

const keptSteps: Look = async (config) => {
  await events(config);
  return (await listCheckpoints(config.training.runDir)).map(({ step }) => step);
};

/** Pictures of the run, or the warning that says why there is none. */
const pictures: Look = async (config) => {
  const warnings = await eventsOf(config, "warning");
  const names = [...Deno.readDirSync(config.training.runDir)].map(({ name }) => name);
  return [...names.filter((name) => /\.(svg|png)$/.test(name)).sort(), ...warnings.map(({ kind }) => kind)];
};

/** Top folders of the results, beside the texts. */
const folders: Look = async (config, folder) => {
  await events(config);
  return [...(await listTree(folder)).keys()].filter((path) =>
    /^[^/]+\/$/.test(path) && !/^(texts|more)/.test(path)
  );
};

const documents: Look = async (config) => {
  const { summary: { files, train, validation, shortDocuments } } = await ingest(config);
  return { ...files, texts: train.documents + validation.documents, shortDocuments };
};

/** Puts a scanned page beside the texts. */
function withScan({ data }: Config): void {
  const scan = new URL("../lib/ingest/parsers/fixtures/images/page.png", import.meta.url);
  Deno.copyFileSync(scan, join(data.paths[0], "page.png"));
}

/** Puts a PDF of two pages beside the texts. */
function withPdf({ data }: Config): void {
  const pages = ["The first page counts the sheep.", "The second counts the goats."].map((line) =>
    textPage([line])
  );
  Deno.writeFileSync(join(data.paths[0], "pages.pdf"), writePdf({ pages }));
}

/** A table that never ends. */
function withEndlessView(limits: Partial<Config["data"]>): (config: Config) => void {
  return ({ data }) => {
    using database = new DatabaseSync(join(data.paths[0], "endless.sqlite"));
    const count =
      "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT sum(x) AS total FROM c";
    database.exec(`CREATE VIEW endless AS ${count}`);
    Object.assign(data, { table: "endless", ...limits });
  };
}

const reasons: Look = async (config) => (await ingest(config)).summary.reasons;

/** Parsing children that an ingest starts. */
const childrenStarted: Look = async (config) => {
  const { Command } = Deno;
  let count = 0;
  Deno.Command = class extends Command {
    constructor(...args: ConstructorParameters<typeof Command>) {
      super(...args);
      if (args[1]?.args?.[0] === "run") count++;
    }
  };
  try {
    await ingest(config);
  } finally {
    Deno.Command = Command;
  }
  return count;
};

function withTwoWorkers({ data }: Config): void {
  if (data.workers === 0) data.workers = 2;
}

const validationCharacters: Look = async (config) => (await ingest(config)).summary.validation.characters;
const allCharacters: Look = async (config) => {
  const { summary: { train, validation } } = await ingest(config);
  return train.characters + validation.characters;
};

const refusal: Look = async (config) => {
  try {
    await events(config);
  } catch (error) {
    assert(error instanceof UsageError, String(error));
    return error.message;
  }
};

/** Text and number of its pieces, from a model trained with the usual configuration. */
const generated: Look = async (config) => {
  await events(config);
  const pieces: string[] = [];
  const checkpoint = config.training.runDir;
  await generateFromCheckpoint(config, {
    checkpoint,
    prompt: "The ",
    onEvent: (event) => event.kind === "text" ? pieces.push(event.text) : 0,
  });
  return pieces;
};

/** Memory of the weights a text is written with. */
const weightBytes: Look = async (config) => {
  await events(config);
  let bytes = 0;
  await generateFromCheckpoint(config, {
    checkpoint: config.training.runDir,
    prompt: "The ",
    onEvent: (event) => event.kind === "loaded" ? bytes = event.weights.bytes : 0,
  });
  return bytes;
};

/** What a GPU is asked to do in three steps. */
const gpuWork: Look = async (config) => {
  await using backend = await openBackend(config.resources) as GpuBackend;
  const { trainer } = openTinyRun(backend, config, 13);
  await makeSteps(trainer, randomBatches(config, 13), 3);
  return { kernels: backend.family, hasManySubmits: backend.submits > 12 };
};

/** An adapter without f16 says so. */
const lossesOrRefusal: Look = async (config, folder) => {
  return await refusal(config, folder) ??
    await losses({ ...config, training: { ...config.training, runDir: join(folder, "again") } }, folder);
};

/** Two records with a title and a text. */
const withRecords = ({ data }: Config) => {
  const records = ["The first of the flock", "The second of the flock"]
    .map((title) =>
      JSON.stringify({ title, text: `${title} stands by the gate and waits for the rain to end.` })
    );
  Deno.writeTextFileSync(join(data.paths[0], "records.jsonl"), records.join("\n"));
};
/** Two tables with a column of years. */
const withDatabase = ({ data }: Config) => {
  const database = new DatabaseSync(join(data.paths[0], "library.sqlite"));
  for (const table of ["books", "songs"]) {
    database.exec(`CREATE TABLE ${table} (title TEXT, year INT)`);
    for (const year of [1899, 1950]) {
      database.exec(`INSERT INTO ${table} VALUES ('${table} of ${year}', ${year})`);
    }
  }
  database.close();
};
const short = (config: Config) => config.training.maxSteps = 3;
const onGpu = (config: Config) => config.resources.device = "auto";
/** Hundreds of dispatches a step, so that 1 ms is not enough for one. */
const onGpuWithManyLayers = (config: Config) => {
  onGpu(config);
  config.model.numLayers = 6;
};
const onTile = (config: Config) => Object.assign(config.resources, { device: "auto", kernels: "tile" });
const withSample = (config: Config) => config.training.sampleTokens = 12;
const inRepository = ({ data }: Config) =>
  data.paths = data.paths.map((path) => join(path, "../more/repository"));
const withPlots = (config: Config) => config.monitor.plots = true;
/** A rate that rises until everything is worse than after the first step. */
const worsening = ({ training }: Config) => {
  Object.assign(training, { learningRate: 3, warmupSteps: 8, evalInterval: 1, maxSteps: 8 });
};
const manyTokens = ({ generate }: Config) =>
  Object.assign(generate, { maxNewTokens: 40, temperature: 1, topP: 1, topK: 0 });

const EFFECTS: Readonly<Record<string, Effect>> = {
  "model.vocab_size": { value: 99, look: refusal },
  "model.d_model": { value: 32, look: parameters, given: short },
  "model.num_layers": { value: 2, look: parameters, given: short },
  "model.num_heads": { value: 4, look: losses, given: short },
  "model.d_ff": { value: 24, look: parameters, given: short },
  "model.max_seq_len": { value: 8, look: parameters, given: short },
  "model.dropout": { value: 0.5, look: losses, given: short },
  "model.activation": { value: "relu", look: losses, given: short },
  "model.layer_norm_eps": { value: 0.5, look: losses, given: short },
  "model.bias": { value: false, look: parameters, given: short },
  "model.tie_weights": { value: false, look: parameters, given: short },
  "model.position": { value: "sinusoidal", look: parameters, given: short },
  "training.run_dir": {
    value: "FOLDER/elsewhere",
    look: folders,
    sees: ["cache/", "elsewhere/"],
    given: short,
  },
  "training.batch_size": { value: 3, look: tokensPerStep, sees: 48, given: short },
  "training.gradient_accumulation_steps": { value: 3, look: tokensPerStep, sees: 96, given: short },
  "training.max_steps": { value: 3, look: loggedSteps, sees: [1, 2, 3] },
  "training.learning_rate": { value: 5e-3, look: losses, given: short },
  "training.min_learning_rate": { value: 0, look: rates },
  "training.warmup_steps": { value: 4, look: rates },
  "training.schedule": { value: "linear", look: rates },
  "training.weight_decay": { value: 5, look: losses, given: short },
  "training.beta1": { value: 0.5, look: losses, given: short },
  "training.beta2": { value: 0.5, look: losses, given: short },
  "training.adam_eps": { value: 0.1, look: losses, given: short },
  "training.max_grad_norm": { value: 0.01, look: losses, given: short },
  "training.seed": { value: 7, look: losses, given: short },
  "training.eval_interval": { value: 2, look: measuredSteps, sees: [2, 4, 6] },
  "training.eval_batches": { value: 1, look: measuredTokens, sees: 32, given: short },
  "training.sample_prompt": { value: "The gate", look: sample, given: withSample },
  "training.sample_tokens": { value: 5, look: sample },
  "data.paths": { value: ["FOLDER/more"], look: documents },
  "data.output_dir": { value: "FOLDER/elsewhere", look: folders, sees: ["elsewhere/", "run/"], given: short },
  "data.include": { value: ["*.md"], look: documents },
  "data.exclude": { value: ["deep"], look: documents },
  "data.gitignore": { value: false, look: documents, given: inRepository },
  "data.extensions": { value: [".txt"], look: documents },
  "data.mode": { value: "line", look: documents },
  "data.fields": { value: ["title"], look: allCharacters, given: withRecords },
  "data.table": { value: "books", look: documents, given: withDatabase },
  "data.where": { value: "year > 1900", look: documents, given: withDatabase },
  "data.min_length": { value: 500, look: documents },
  "data.max_files": { value: 2, look: documents },
  "data.max_pages": { value: 1, look: allCharacters, given: withPdf },
  "data.max_file_bytes": { value: 500, look: documents },
  "data.ocr": { value: "never", look: documents, given: withScan },
  "data.ocr_language": { value: "no_such_language", look: documents, given: withScan },
  "data.max_pixels": { value: 1000, look: documents, given: withScan },
  "data.unicode": { value: "none", look: allCharacters },
  "data.languages": { value: ["de"], look: documents },
  "data.max_repetition": { value: 0.3, look: documents },
  "data.max_symbol_share": { value: 0.1, look: documents },
  "data.near_duplicate_similarity": { value: 0, look: documents },
  "data.scan_secrets": { value: "redact", look: allCharacters },
  "data.validation_fraction": { value: 0.5, look: validationCharacters },
  "data.workers": { value: 1, look: childrenStarted, sees: 1, given: withTwoWorkers },
  "data.parser_memory": { value: 134_217_728, look: reasons, given: withScan },
  "data.file_timeout": { value: 1, look: reasons, given: withEndlessView({ pageTimeout: 2 }) },
  "data.page_timeout": { value: 1, look: reasons, given: withEndlessView({ fileTimeout: 2 }) },
  "data.max_output": { value: 500, look: reasons },
  "tokenizer.kind": { value: "none of ours", look: refusal },
  "checkpoint.save_interval": { value: 3, look: savedSteps },
  "checkpoint.keep_last": { value: 2, look: keptSteps },
  "checkpoint.keep_best": { value: false, look: keptSteps, given: worsening },
  "monitor.log_interval": { value: 4, look: loggedSteps, sees: [1, 4, 6] },
  "monitor.plots": {
    value: true,
    look: pictures,
    sees: ["loss_by_epoch.svg", "training_curve.svg"],
    given: short,
  },
  "monitor.png": { value: true, look: pictures, given: withPlots },
  "generate.max_new_tokens": { value: 3, look: generated },
  "generate.temperature": { value: 0, look: generated, given: manyTokens },
  "generate.top_k": { value: 1, look: generated, given: manyTokens },
  "generate.top_p": { value: 0.01, look: generated, given: manyTokens },
  "generate.seed": { value: 7, look: generated, given: manyTokens },
  "generate.stop": { value: Array.from("abcdefghijklmnopqrstuvwxyz"), look: generated, given: manyTokens },
  "generate.num_samples": { value: 2, look: generated },
  "generate.quantize": { value: "q4", look: weightBytes, given: short },
  "generate.tokens_per_readback": {
    value: 3,
    look: async (...given) => (await generated(...given) as string[]).length,
  },
  "resources.device": { value: "auto", look: async (config) => (await opened(config)).device, given: short },
  "resources.kernels": { value: "tile", look: gpuWork, given: onGpu },
  "resources.operands": { value: "f16", look: lossesOrRefusal, given: onTile },
  "resources.tuning": { value: "FOLDER/none.json", look: refusal, given: onGpu },
  "resources.segment_ms": { value: 1, look: gpuWork, given: onGpuWithManyLayers },
};

Deno.test("the table of effects has every key of the configuration and no other", () => {
  assertEquals(Object.keys(EFFECTS), configKeys().map(({ key }) => key));
});

for (const key of configKeys()) {
  const effect = EFFECTS[key.key];
  if (!effect) continue;
  const { value, look, sees, given } = effect;
  Deno.test(`${key.key} has an effect`, async () => {
    if (key.group === "resources" && !await hasGpu()) return;
    const seen: unknown[] = [];
    for (const changes of [false, true]) {
      await withFolder(FILES, async (folder) => {
        const config = tinyRunConfig(folder);
        given?.(config);
        if (changes) {
          const there = JSON.parse(JSON.stringify(value).replaceAll("FOLDER", folder));
          assertNotEquals(configValue(config, key), there, "another value");
          setConfigValue(config, { key, value: there });
        }
        seen.push(await look(config, folder));
      });
    }
    assertNotEquals(seen[1], seen[0]);
    if (sees !== undefined) assertEquals(seen[1], sees);
  });
}

async function hasGpu(): Promise<boolean> {
  await using gpu = await openTestGpu();
  return gpu !== undefined;
}
