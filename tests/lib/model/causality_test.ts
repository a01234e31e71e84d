import { assert, assertEquals } from "@std/assert";
import { openReferenceBackend } from "../../../kernels/program/reference_backend.ts";
import { openTestGpu } from "../../support/gpu.ts";
import { compileLogits, openRandomModel } from "../../support/fixed_model.ts";
import { randomIntegers } from "../../support/operation_checks.ts";

const V = 13;

for (const kernels of ["reference", "wave", "tile"] as const) {
  Deno.test(`the model looks at no later token: changing one changes no logit before it (${kernels})`, async () => {
    await using backend = kernels === "reference" ? openReferenceBackend() : await openTestGpu({ kernels });
    if (!backend) return;
    for (const position of ["learned", "sinusoidal"] as const) {
      const [T, batch] = [11, 2];
      const gpt = openRandomModel(backend, { vocabSize: V, model: { maxSeqLen: T, position } });
      const logitsOf = compileLogits(backend, gpt, batch);
      const tokens = randomIntegers(batch * T, 3, V);
      const before = await logitsOf(tokens);
      for (let t = 0; t < T; t++) {
        const changed = tokens.slice();
        changed[t] = (changed[t] + 1) % V;
        const after = await logitsOf(changed);
        assertEquals(after.slice(0, t * V), before.slice(0, t * V), `token ${t} tells before itself`);
        assertEquals(after.slice(T * V), before.slice(T * V), `token ${t} tells in the other sequence`);
        for (let later = t; later < T; later++) {
          const row = [later * V, (later + 1) * V] as const;
          assert(
            after.slice(...row).some((x, i) => x !== before[row[0] + i]),
            `position ${later} sees token ${t}`,
          );
        }
      }
    }
  });
}
