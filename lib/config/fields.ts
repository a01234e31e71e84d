// Every key of the configuration: its sentence, type, default, range and unit stand together, once. The
// TypeScript type, validation, JSON Schema, flags, --help and docs/configuration.md all come from this table.
// It is one literal without calls, so that the type of `Config` can be read off it without inference.

/**
 * Table of all keys, by group.
 *
 * @example
 * ```ts
 * import { FIELDS } from "@sheepop/sheepop";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(FIELDS.training.batchSize.is.default, 4);
 * assertEquals(FIELDS.training.batchSize.is.unit, "sequences");
 * ```
 */
export const FIELDS = {
  model: {
    vocabSize: {
      doc: "Vocabulary size V; 0 takes it from the tokenizer, any other value must equal the tokenizer's",
      is: { type: "integer", default: 0, min: 0, max: 16_777_216, unit: "tokens" },
    },
    dModel: {
      doc: "Model width C, a multiple of num_heads",
      is: { type: "integer", default: 128, min: 1, max: 65_536, unit: "channels" },
    },
    numLayers: {
      doc: "Number of transformer blocks L",
      is: { type: "integer", default: 3, min: 1, max: 1024, unit: "blocks" },
    },
    numHeads: {
      doc: "Attention heads H of each block",
      is: { type: "integer", default: 4, min: 1, max: 1024, unit: "heads" },
    },
    dFf: {
      doc: "Feed-forward width F; 0 means 4 times d_model",
      is: { type: "integer", default: 0, min: 0, max: 1_048_576, unit: "channels" },
    },
    maxSeqLen: {
      doc: "Context length T: positions the model sees at once",
      is: { type: "integer", default: 64, min: 1, max: 1_048_576, unit: "tokens" },
    },
    dropout: {
      doc: "Probability of dropping a channel while training; 0 turns dropout off",
      is: { type: "number", default: 0, min: 0, max: 1, open: "max" },
    },
    activation: {
      doc: "Activation between the two feed-forward layers",
      is: { type: "choice", default: "gelu", choices: ["gelu", "relu"] },
    },
    layerNormEps: {
      doc: "Added to the variance in layer norm, so that a constant row does not divide by zero",
      is: { type: "number", default: 1e-5, min: 0, max: 1, open: "min" },
    },
    bias: {
      doc: "Linear layers and layer norms have a bias",
      is: { type: "flag", default: true },
    },
    tieWeights: {
      doc: "The output layer shares its weights with the token embedding",
      is: { type: "flag", default: true },
    },
    position: {
      doc: "How positions enter the model: a learned table or fixed sines and cosines",
      is: { type: "choice", default: "learned", choices: ["learned", "sinusoidal"] },
    },
  },
  training: {
    runDir: {
      doc: "Folder of the run: configuration, checkpoints, metrics and plots",
      is: { type: "text", default: "data/runs/default", folder: true },
    },
    batchSize: {
      doc: "Sequences B in one micro-batch",
      is: { type: "integer", default: 4, min: 1, max: 65_536, unit: "sequences" },
    },
    gradientAccumulationSteps: {
      doc: "Micro-batches whose gradients are added up for one optimizer step",
      is: { type: "integer", default: 1, min: 1, max: 65_536, unit: "micro-batches" },
    },
    maxSteps: {
      doc: "Optimizer steps of the whole run",
      is: { type: "integer", default: 1500, min: 1, max: 1_000_000_000, unit: "steps" },
    },
    learningRate: {
      doc: "Highest learning rate, reached at the end of warm-up",
      is: { type: "number", default: 2e-3, min: 0, max: 10, open: "min" },
    },
    minLearningRate: {
      doc: "Learning rate at the last step of the cosine and linear schedules; at most learning_rate",
      is: { type: "number", default: 1e-4, min: 0, max: 10 },
    },
    warmupSteps: {
      doc: "Steps over which the learning rate rises from 0; 0 turns warm-up off",
      is: { type: "integer", default: 50, min: 0, max: 1_000_000_000, unit: "steps" },
    },
    schedule: {
      doc: "How the learning rate falls after warm-up",
      is: { type: "choice", default: "cosine", choices: ["cosine", "linear", "constant"] },
    },
    weightDecay: {
      doc: "Decoupled weight decay of AdamW, for matrices only; 0 turns it off",
      is: { type: "number", default: 0.1, min: 0, max: 10 },
    },
    beta1: {
      doc: "Decay of AdamW's mean of gradients",
      is: { type: "number", default: 0.9, min: 0, max: 1, open: "max" },
    },
    beta2: {
      doc: "Decay of AdamW's mean of squared gradients",
      is: { type: "number", default: 0.95, min: 0, max: 1, open: "max" },
    },
    adamEps: {
      doc: "Added to the denominator of AdamW's update",
      is: { type: "number", default: 1e-8, min: 0, max: 1, open: "min" },
    },
    maxGradNorm: {
      doc: "Gradients with a larger norm are scaled down to it; 0 turns clipping off",
      is: { type: "number", default: 1, min: 0, max: 1e9 },
    },
    seed: {
      doc: "Seed of initial weights, dropout and the order of the data",
      is: { type: "integer", default: 42, min: 0, max: 4_294_967_295 },
    },
    evalInterval: {
      doc: "Steps between two measurements of the validation loss",
      is: { type: "integer", default: 250, min: 1, max: 1_000_000_000, unit: "steps" },
    },
    evalBatches: {
      doc: "Validation batches of one measurement, spread over the split; 0 takes the whole validation split",
      is: { type: "integer", default: 50, min: 0, max: 1_000_000_000, unit: "batches" },
    },
    samplePrompt: {
      doc: "Text the sample written at the end of training continues; empty starts a new document",
      is: { type: "text", default: "" },
    },
    sampleTokens: {
      doc: "Length of that sample; 0 writes none",
      is: { type: "integer", default: 200, min: 0, max: 1_048_576, unit: "tokens" },
    },
  },
  data: {
    paths: {
      doc: "Files and folders to learn from, relative to the working directory",
      is: { type: "textList", default: ["data/samples"], minItems: 1, unit: "paths" },
    },
    outputDir: {
      doc: "Folder of extracted texts and token files, addressed by content",
      is: { type: "text", default: "data/cache", folder: true },
    },
    include: {
      doc: "Glob patterns a file must match; empty takes every file",
      is: { type: "textList", default: [], unit: "patterns" },
    },
    exclude: {
      doc: "Glob patterns of files and folders to leave out; setting it replaces the whole list",
      is: {
        type: "textList",
        // deno-fmt-ignore
        default: [
          ".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", "venv", ".env", ".pytest_cache",
          ".mypy_cache", ".ruff_cache", ".tox", ".coverage", ".cache", "dist", "build", "*.pyc", ".DS_Store",
        ],
        unit: "patterns",
      },
    },
    extensions: {
      doc: "File extensions to read, such as .txt; empty reads what name or content shows to be readable",
      is: { type: "textList", default: [], separator: ",", unit: "extensions" },
    },
    mode: {
      doc: "What becomes one document: a whole file or one line of it",
      is: { type: "choice", default: "document", choices: ["document", "line"] },
    },
    minLength: {
      doc: "Shorter documents are left out",
      is: { type: "integer", default: 10, min: 0, max: 1_000_000_000, unit: "characters" },
    },
    maxFiles: {
      doc: "Read at most this many files; 0 reads all",
      is: { type: "integer", default: 0, min: 0, max: 1_000_000_000, unit: "files" },
    },
    maxFileBytes: {
      doc: "Larger files are left out",
      is: { type: "integer", default: 67_108_864, min: 1, max: 1_099_511_627_776, unit: "bytes" },
    },
    ocr: {
      doc:
        "Text recognition of images: auto also reads PDF pages without text, always reads every PDF page, never none",
      is: { type: "choice", default: "auto", choices: ["auto", "always", "never"] },
    },
    ocrLanguage: {
      doc: "Language that text recognition reads, as in the name of a package @tesseract.js-data/<language>",
      is: {
        type: "text",
        default: "eng",
        pattern: "^[a-z_]{2,32}$",
        allows: "a language such as eng or chi_sim",
      },
    },
    maxPixels: {
      doc: "Larger images are left out, before they are decoded",
      is: { type: "integer", default: 100_000_000, min: 1, max: 1_000_000_000, unit: "pixels" },
    },
    unicode: {
      doc: "Unicode normalisation of the text; none keeps it as it is",
      is: { type: "choice", default: "NFC", choices: ["NFC", "none"] },
    },
    validationFraction: {
      doc: "Share of the documents kept aside to measure the validation loss",
      is: { type: "number", default: 0.1, min: 0, max: 1, open: "max" },
    },
    workers: {
      doc: "Processes that parse files side by side; 0 takes one for each processor core",
      is: { type: "integer", default: 0, min: 0, max: 1024, unit: "processes" },
    },
    parserMemory: {
      doc: "A file whose parser takes more memory than this, beside the file's own size, is given up",
      is: { type: "integer", default: 1_610_612_736, min: 134_217_728, max: 1_099_511_627_776, unit: "bytes" },
    },
    fileTimeout: {
      doc: "A file that takes longer to parse is given up",
      is: { type: "integer", default: 600, min: 1, max: 1_000_000, unit: "seconds" },
    },
    pageTimeout: {
      doc: "A file of which one page takes longer is given up",
      is: { type: "integer", default: 60, min: 1, max: 1_000_000, unit: "seconds" },
    },
    maxOutput: {
      doc: "A file that expands to more than this, as an archive or as text, is given up",
      is: { type: "integer", default: 268_435_456, min: 1, max: 1_099_511_627_776, unit: "bytes" },
    },
  },
  tokenizer: {
    kind: {
      doc: "How text becomes tokens: char gives every character of the training text a token",
      is: { type: "choice", default: "char", choices: ["char"] },
    },
  },
  checkpoint: {
    saveInterval: {
      doc: "Steps between two checkpoints",
      is: { type: "integer", default: 250, min: 1, max: 1_000_000_000, unit: "steps" },
    },
    keepLast: {
      doc: "Newest checkpoints to keep; at least 2, so that one damaged save never loses the run",
      is: { type: "integer", default: 3, min: 2, max: 1_000_000, unit: "checkpoints" },
    },
    keepBest: {
      doc: "Also keep the checkpoint with the lowest validation loss",
      is: { type: "flag", default: true },
    },
  },
  monitor: {
    logInterval: {
      doc: "Steps between two lines of metrics",
      is: { type: "integer", default: 10, min: 1, max: 1_000_000_000, unit: "steps" },
    },
    plots: {
      doc: "Draw the training curves at the end of a run",
      is: { type: "flag", default: true },
    },
    png: {
      doc: "Draw them as PNG too, beside SVG",
      is: { type: "flag", default: true },
    },
  },
  generate: {
    maxNewTokens: {
      doc: "Tokens to generate after the prompt",
      is: { type: "integer", default: 200, min: 1, max: 1_048_576, unit: "tokens" },
    },
    temperature: {
      doc: "Logits are divided by it before sampling; 0 always takes the likeliest token",
      is: { type: "number", default: 0.8, min: 0, max: 100 },
    },
    topK: {
      doc: "Sample among the k likeliest tokens; 0 turns top-k off",
      is: { type: "integer", default: 50, min: 0, max: 16_777_216, unit: "tokens" },
    },
    topP: {
      doc: "Sample among the likeliest tokens whose probabilities sum to it; 1 turns top-p off",
      is: { type: "number", default: 0.95, min: 0, max: 1, open: "min" },
    },
    seed: {
      doc: "Seed of sampling: the same seed, model and prompt give the same text",
      is: { type: "integer", default: 42, min: 0, max: 4_294_967_295 },
    },
    stop: {
      doc: "Texts that end the generation when they appear",
      is: { type: "textList", default: [], unit: "texts" },
    },
    numSamples: {
      doc: "Texts to write for each prompt, side by side; the first is the one that 1 gives",
      is: { type: "integer", default: 1, min: 1, max: 65_536 },
    },
    quantize: {
      doc: "Bits a weight of the matrices in generating and evaluating: 8, 4, or with none the 32 of f32",
      is: { type: "choice", default: "none", choices: ["none", "q8", "q4"] },
    },
    tokensPerReadback: {
      doc:
        "Tokens generated on the device between two readbacks; more is faster, text comes in larger pieces",
      is: { type: "integer", default: 16, min: 1, max: 4096, unit: "tokens" },
    },
  },
  resources: {
    device: {
      doc:
        "Where to compute: auto takes the best adapter, gpu a real GPU only, cpu a software adapter, reference plain loops",
      is: {
        type: "choice",
        default: "auto",
        choices: ["auto", "gpu", "cpu", "reference"],
        aliases: { cuda: "gpu", mps: "gpu" },
      },
    },
    kernels: {
      doc:
        "Matmul kernels: wave for software Vulkan, tile for GPUs, plain for software OpenGL; auto chooses by adapter",
      is: { type: "choice", default: "auto", choices: ["auto", "wave", "tile", "plain"] },
    },
    operands: {
      doc:
        "How products of more than 8 rows read weights: f32, or f16 copies, for adapters with shader-f16 and tile kernels",
      is: { type: "choice", default: "f32", choices: ["f32", "f16"] },
    },
    tuning: {
      doc:
        "Measurements that choose between variants of kernels: auto uses those of sheepop tune on this adapter, off none, else the path of a file",
      is: { type: "text", default: "auto" },
    },
    segmentMs: {
      doc: "Longest piece of GPU work submitted at once, so that the machine stays responsive",
      is: { type: "integer", default: 100, min: 1, max: 10_000, unit: "ms" },
    },
  },
} as const;

/** One sentence for each group of keys. */
export const GROUP_DOCS: Readonly<Record<keyof typeof FIELDS, string>> = {
  model: "Shape of the transformer",
  training: "Optimizer, schedule and the run",
  data: "Which files are read and how",
  tokenizer: "How text becomes tokens",
  checkpoint: "When the state is saved and what is kept",
  monitor: "Metrics and plots",
  generate: "Sampling text from a model",
  resources: "Where and how the computing is done",
};
