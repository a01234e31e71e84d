import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { UsageError } from "../../../lib/common/errors.ts";
import { type GenerateEvent, generateFromCheckpoint } from "../../../lib/inference/generate.ts";
import { trainFromFiles } from "../../../lib/training/pipeline.ts";
import { withFolder } from "../../support/program.ts";
import { TINY_FILES, tinyRunConfig } from "../../support/tiny_corpus.ts";

Deno.test("generateFromCheckpoint() needs the run folder only: data and cache may be gone", async () => {
  await withFolder(TINY_FILES, async (folder) => {
    const config = tinyRunConfig(folder);
    await trainFromFiles(config);
    const moved = join(folder, "elsewhere");
    await Deno.rename(join(folder, "run"), moved);
    for (const name of ["texts", "cache"]) await Deno.remove(join(folder, name), { recursive: true });
    const events: GenerateEvent[] = [];
    const onEvent = (event: GenerateEvent) => events.push(event);
    const [text] = await generateFromCheckpoint(config, { checkpoint: moved, prompt: "The ", onEvent });
    assertEquals(events.map(({ kind }) => kind === "text" ? "" : kind).join(" ").trim().split(/ +/), [
      "loaded",
      "end",
    ]);
    assertEquals(events.filter((event) => event.kind === "text").map(({ text }) => text).join(""), text);
    const step = join(moved, "checkpoints/step-00000006");
    assertEquals(await generateFromCheckpoint(config, { checkpoint: step, prompt: "The " }), [text]);
    assert(text.length > 0);
  });
});

Deno.test("generateFromCheckpoint() counts the prompt in maxLength, in tokens", async () => {
  await withFolder(TINY_FILES, async (folder) => {
    const config = tinyRunConfig(folder, { generate: { temperature: 1, topK: 0, topP: 1 } });
    await trainFromFiles(config);
    const newTokens = async (prompt: string, maxLength?: number) => {
      let count = -1;
      await generateFromCheckpoint(config, {
        checkpoint: join(folder, "run"),
        prompt,
        maxLength,
        onEvent: (event) => event.kind === "end" ? count = event.stats.newTokens : 0,
      });
      return count;
    };
    assertEquals(await newTokens("The s", 25), 20);
    assertEquals(await newTokens("The s", 5), 0);
    assertEquals(await newTokens("The s", 3), 0);
    assertEquals(await newTokens("🐑", 10), 6, "an unseen character is as many tokens as bytes");
    assertEquals(await newTokens("", 10), 9, "an empty prompt is one token");
  });
});

Deno.test("generateFromCheckpoint() passes over a damaged checkpoint and says so", async () => {
  await withFolder(TINY_FILES, async (folder) => {
    const config = tinyRunConfig(folder);
    await trainFromFiles(config);
    const weights = join(folder, "run/checkpoints/step-00000006/model.safetensors");
    await Deno.truncate(weights, 100);
    const events: GenerateEvent[] = [];
    await generateFromCheckpoint(config, {
      checkpoint: join(folder, "run"),
      prompt: "",
      onEvent: (e) => events.push(e),
    });
    const [warning, loaded] = events;
    assert(warning.kind === "warning" && warning.message.includes("step-00000006 is damaged"));
    assert(loaded.kind === "loaded" && loaded.step === 4);
  });
});

Deno.test("generateFromCheckpoint() refuses a folder without a run", async () => {
  await withFolder({}, async (folder) => {
    const config = tinyRunConfig(folder);
    await assertRejects(
      () => generateFromCheckpoint(config, { checkpoint: join(folder, "run"), prompt: "" }),
      UsageError,
      "Cannot load a checkpoint",
    );
  });
});

Deno.test("generateFromCheckpoint() writes num_samples texts for each prompt, the first of them as alone", async () => {
  await withFolder(TINY_FILES, async (folder) => {
    const config = tinyRunConfig(folder, { generate: { temperature: 1, topK: 0, topP: 1, maxNewTokens: 9 } });
    await trainFromFiles(config);
    const options = { checkpoint: join(folder, "run") };
    const [first] = await generateFromCheckpoint(config, { ...options, prompt: "The s" });
    const [second] = await generateFromCheckpoint(config, { ...options, prompt: "A" });
    config.generate.numSamples = 5;
    const texts = ["", "", "", "", "", "", "", "", "", ""];
    const onEvent = (event: GenerateEvent) => event.kind === "text" ? texts[event.sample] += event.text : 0;
    const all = await generateFromCheckpoint(config, { ...options, prompt: ["The s", "A"], onEvent });
    assertEquals(all, texts);
    assertEquals([all[0], all[5]], [first, second]);
    assertEquals(new Set(all.slice(0, 5)).size, 5, "samples of a prompt differ");
  });
});
