import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { generateDeclaration } from "../../cli/_generate_declaration.ts";
import { trainDeclaration } from "../../cli/_train_declaration.ts";
import { parseArguments, readNumber } from "../../cli/_arguments.ts";
import { knownFlags } from "../../cli/_flags.ts";
import { configCommand } from "../../cli/config.ts";
import type { CommandDeclaration } from "../../cli/command.ts";
import { UsageError } from "../../lib/common/errors.ts";
import { configKeys } from "../../lib/config/config.ts";

function settings(command: CommandDeclaration, args: string[]): Record<string, readonly string[]> {
  const parsed = parseArguments(command, args);
  return Object.fromEntries([...parsed.settings].map(([key, { texts }]) => [key, texts]));
}

Deno.test("parseArguments() takes values with an equals sign or after a blank, empty ones too", () => {
  assertEquals(
    settings(trainDeclaration, ["--d-model", "8", "--learning-rate=1e-3", "--sample-prompt", ""]),
    {
      "model.d_model": ["8"],
      "training.learning_rate": ["1e-3"],
      "training.sample_prompt": [""],
    },
  );
  assertEquals(settings(trainDeclaration, ["--exclude=", "--sample-prompt=-x=y"]), {
    "data.exclude": [""],
    "training.sample_prompt": ["-x=y"],
  });
});

Deno.test("parseArguments() reads switches with no- and with true or false", () => {
  assertEquals(settings(trainDeclaration, ["--bias", "--no-plots", "--png=false", "--no-tie-weights"]), {
    "model.bias": ["true"],
    "monitor.plots": ["false"],
    "monitor.png": ["false"],
    "model.tie_weights": ["false"],
  });
});

Deno.test("parseArguments() collects repeated lists and arguments in order", () => {
  assertEquals(settings(trainDeclaration, ["a", "--stop", "x", "b", "--stop=y", "--", "--c"]), {
    "generate.stop": ["x", "y"],
    "data.paths": ["a", "b", "--c"],
  });
});

Deno.test("parseArguments() takes SheepOp's names", () => {
  assertEquals(settings(trainDeclaration, ["--data", "books", "--output", "runs/a", "--max-files", "3"]), {
    "data.paths": ["books"],
    "training.run_dir": ["runs/a"],
    "data.max_files": ["3"],
  });
  const { own } = parseArguments(generateDeclaration, [
    "--checkpoint",
    "a",
    "--max-length",
    "9",
    "--optimized",
  ]);
  assertEquals([...own], [["checkpoint", ["a"]], ["max-length", ["9"]], ["optimized", ["true"]]]);
});

Deno.test("parseArguments() gives --seed to the command's own group and always has the long name", () => {
  assertEquals(settings(trainDeclaration, ["--seed", "1", "--generate-seed", "2"]), {
    "training.seed": ["1"],
    "generate.seed": ["2"],
  });
  assertEquals(settings(generateDeclaration, ["--seed", "1"]), { "generate.seed": ["1"] });
  assertEquals(settings(trainDeclaration, ["--training-seed", "1"]), { "training.seed": ["1"] });
  assertEquals(settings(trainDeclaration, ["--model-d-model", "8", "--no-model-bias"]), {
    "model.d_model": ["8"],
    "model.bias": ["false"],
  });
});

Deno.test("parseArguments() lets --resume stand alone", () => {
  assertEquals(parseArguments(trainDeclaration, ["--resume"]).own.get("resume"), [""]);
  assertEquals(parseArguments(trainDeclaration, ["--resume", "--bias"]).own.get("resume"), [""]);
  assertEquals(parseArguments(trainDeclaration, ["--resume", "a"]).own.get("resume"), ["a"]);
  assertEquals(parseArguments(trainDeclaration, ["--resume=a", "b"]).settings.get("data.paths")?.texts, [
    "b",
  ]);
});

const REFUSED: [CommandDeclaration, string[], string][] = [
  [
    trainDeclaration,
    ["--d-modle", "8"],
    "Cannot run sheepop train: unknown flag --d-modle; did you mean --d-model?",
  ],
  [trainDeclaration, ["--d_model", "8"], "unknown flag --d_model; did you mean --d-model?"],
  [trainDeclaration, ["--no-d-model"], "unknown flag --no-d-model"],
  [trainDeclaration, ["--no-resume"], "unknown flag --no-resume"],
  [trainDeclaration, ["-d"], "unknown flag -d"],
  [trainDeclaration, ["--\x1b[2J"], 'unknown flag "--\\u001b[2J"'],
  [trainDeclaration, ["--toString", "1"], "unknown flag --toString"],
  [trainDeclaration, ["--d-model"], "its value is missing; write --d-model VALUE"],
  [trainDeclaration, ["--d-model", "--bias"], "its value is missing"],
  [trainDeclaration, ["--learning-rate", "-1e-3"], "write --learning-rate=-1e-3"],
  [trainDeclaration, ["--learning-rate", "-.5"], "write --learning-rate=-.5"],
  [trainDeclaration, ["-5"], "-5 is read as a flag; write a negative value as --flag=-5"],
  [trainDeclaration, ["--no-bias=true"], "--no-bias takes no value"],
  [trainDeclaration, ["--debug=1"], "--debug takes no value"],
  [
    trainDeclaration,
    ["--d-model", "1", "--d-model", "2"],
    "Cannot use --d-model: it is given twice; keep one",
  ],
  [
    trainDeclaration,
    ["--output", "a", "--run-dir", "b"],
    "Cannot use --run-dir: --output sets the same; keep one",
  ],
  [trainDeclaration, ["--config", "a", "--config", "b"], "Cannot use --config: it is given twice; keep one"],
  [
    trainDeclaration,
    ["--epochs", "1", "--max-steps", "2"],
    "Cannot use --epochs: --max-steps is given too; keep one",
  ],
  [
    generateDeclaration,
    ["--max-length=9", "--max-new-tokens=3"],
    "Cannot use --max-length: --max-new-tokens is given",
  ],
  [
    generateDeclaration,
    ["--d-model", "8"],
    "--d-model, which sets model.d_model for other commands; remove it",
  ],
  [generateDeclaration, ["text"], 'it takes no arguments, and "text" is one too many'],
  [configCommand, ["show", "a", "b"], 'it takes at most 2, and "b" is one too many'],
  [configCommand, [], "ACTION is missing; see sheepop config --help"],
];

for (const [command, args, message] of REFUSED) {
  Deno.test(`parseArguments() refuses ${command.name} ${JSON.stringify(args).slice(1, -1)}`, () => {
    const error = assertThrows(() => parseArguments(command, args), UsageError, message);
    assert(error.message.startsWith("Cannot ") && !error.message.includes("\n"), error.message);
  });
}

Deno.test("parseArguments() demands required flags, unless help is asked for", () => {
  const command: CommandDeclaration = {
    name: "x",
    doc: "",
    examples: [],
    flags: [{ name: "prompt", value: "TEXT", doc: "", isRequired: true }],
  };
  assertThrows(() => parseArguments(command, []), UsageError, "--prompt is required; add --prompt TEXT");
  assert(parseArguments(command, ["-h", "too", "many"]).own.has("help"));
});

Deno.test("parseArguments() has a flag for every key in a command that uses all groups", () => {
  for (const { flag, key } of configKeys()) {
    const known = knownFlags(configCommand).get(flag);
    assert(known && "key" in known && known.key.key === key, flag);
  }
});

Deno.test("parseArguments() refuses any misspelt flag and offers the right one", () => {
  const known = knownFlags(trainDeclaration);
  const slip = fc.record({
    key: fc.constantFrom(...configKeys()),
    at: fc.nat(),
    letter: fc.constantFrom("", "q", "x"),
  });
  fc.assert(
    fc.property(slip, ({ key, at, letter }) => {
      const i = at % key.flag.length;
      const typo = key.flag.slice(0, i) + letter + key.flag.slice(i + 1);
      fc.pre(typo !== "" && !known.has(typo) && !typo.startsWith("-") && !typo.includes("="));
      const error = assertThrows(() => parseArguments(trainDeclaration, [`--${typo}`, "1"]), UsageError);
      assert(error.message.includes(`--${key.flag}`), `${typo}: ${error.message}`);
    }),
    { numRuns: 500, seed: 4 },
  );
});

Deno.test("readNumber() reads strictly and keeps to kind and range", () => {
  const flag = { name: "epochs", doc: "", value: "N", kind: "number", min: 0 } as const;
  assertEquals(readNumber(flag, "1.5"), 1.5);
  for (const text of ["", "1e", "-1", "one"]) {
    assertThrows(() => readNumber(flag, text), UsageError, "it must be a number of at least 0");
  }
  assertThrows(() => readNumber({ ...flag, kind: "integer" }, "1.5"), UsageError, "an integer of at least 0");
});
