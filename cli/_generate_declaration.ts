// Flags and help of `sheepop generate`, SheepOp's names for them included.

import type { CommandDeclaration } from "./command.ts";

/** Declaration of the generate command. */
export const generateDeclaration: CommandDeclaration = {
  name: "generate",
  doc: "Continues a prompt with a trained model and prints the text as it comes.",
  settings: ["generate", "resources", "training.run_dir"],
  flags: [
    {
      name: "checkpoint",
      value: "RUN",
      doc: "Run folder, whose newest checkpoint is taken, or one step folder of it; --run-dir where left out",
      conflicts: ["run-dir"],
    },
    {
      name: "prompt",
      value: "TEXT",
      doc: "Text to continue; left out, a new document begins. Several are continued side by side",
      isRepeatable: true,
    },
    {
      name: "max-length",
      value: "N",
      kind: "integer",
      min: 1,
      doc: "SheepOp's measure: length of prompt and new text together, in tokens",
      conflicts: ["max-new-tokens"],
    },
    {
      name: "optimized",
      doc: "Accepted for command lines of SheepOp; changes nothing",
      notice: "the KV cache is always on, so this changes nothing",
    },
  ],
  examples: [
    { line: 'sheepop generate --prompt "Once upon a time"', doc: "continue a text with the default run" },
    {
      line: "sheepop generate --checkpoint data/runs/books --temperature 0 --max-new-tokens 50",
      doc: "the likeliest text of another run",
    },
    { line: "sheepop generate --prompt Name: --stop . --seed 7", doc: "end at the first full stop" },
    { line: "sheepop generate --prompt Once --num-samples 5", doc: "five different texts" },
  ],
};
