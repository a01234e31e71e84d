import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { UsageError } from "../../../lib/common/errors.ts";
import {
  findTuning,
  readTuning,
  type TunedSubject,
  tuningKey,
  tuningPath,
  writeTuning,
} from "../../../lib/tuning/tuning_file.ts";
import { withFolder } from "../../support/program.ts";
import { MADE_UP_GPU } from "../../support/made_up_gpu.ts";

const SUBJECT: TunedSubject = {
  variant: "4x4/32",
  usual: "8x8/128",
  flops: 48,
  ms: { "8x8/128": 2, "4x4/32": 1 },
};

Deno.test("writeTuning() adds to what the file holds, and readTuning() gives it back", async () => {
  await withFolder({}, async (folder) => {
    const path = join(folder, "deep", "tuning.json");
    await writeTuning(path, MADE_UP_GPU, { first: SUBJECT });
    const tuning = await writeTuning(path, MADE_UP_GPU, { second: { ...SUBJECT, flops: 7 } });
    assertEquals(Object.keys(tuning.subjects), ["first", "second"]);
    assertEquals(await readTuning(path), { path, tuning });
    assertEquals(await findTuning(path, MADE_UP_GPU), { path, tuning });
  });
});

Deno.test("findTuning() does not believe a file of another adapter, and writeTuning() replaces it", async () => {
  await withFolder({}, async (folder) => {
    const path = join(folder, "tuning.json");
    await writeTuning(path, MADE_UP_GPU, { first: SUBJECT });
    const other = { ...MADE_UP_GPU, adapter: "Made-up Graphics 6000" };
    assertNotEquals(tuningKey(other), tuningKey(MADE_UP_GPU));
    const found = await findTuning(path, other);
    assertEquals(found?.tuning, undefined);
    assertMatch(found!.problem!, /another adapter/);
    assertEquals(Object.keys((await writeTuning(path, other, { second: SUBJECT })).subjects), ["second"]);
  });
});

const DAMAGED: Record<string, string> = {
  "cut off": '{"format": 1, "adapter":',
  "no object": "[]",
  "another format": '{"format": 99}',
  "without names": '{"format": 1, "subjects": {}}',
  "a text for a time":
    '{"format":1,"adapter":"a","key":"k","version":"v","subjects":{"x":{"variant":"a","usual":"a","flops":1,"ms":{"a":"1"}}}}',
  "a subject that is none": '{"format":1,"adapter":"a","key":"k","version":"v","subjects":{"x":null}}',
};
for (const [name, text] of Object.entries(DAMAGED)) {
  Deno.test(`readTuning() says that a file is damaged: ${name}`, async () => {
    await withFolder({ "tuning.json": text }, async (folder) => {
      const file = await readTuning(join(folder, "tuning.json"));
      assertEquals(file?.tuning, undefined);
      assertMatch(file!.problem!, /^it is damaged: ./);
    });
  });
}

Deno.test("findTuning() finds nothing for off and for auto without a file, and refuses a path without one", async () => {
  await withFolder({}, async (folder) => {
    assertEquals(await findTuning("off", MADE_UP_GPU), undefined);
    assertEquals(await findTuning("auto", MADE_UP_GPU), undefined);
    const path = join(folder, "tuning.json");
    const error = await assertRejects(() => findTuning(path, MADE_UP_GPU), UsageError);
    assertMatch(
      error.message,
      /^Cannot use resources\.tuning = .*: there is no such file, make it with sheepop tune/,
    );
  });
});

Deno.test("tuningPath() gives every adapter a file in the folder for caches", () => {
  const path = tuningPath("auto", MADE_UP_GPU);
  assert(
    path === undefined || path.endsWith(join("sheepop", "tuning", `${tuningKey(MADE_UP_GPU)}.json`)),
    path,
  );
  assertEquals(tuningPath("some.json", MADE_UP_GPU), "some.json");
  assertEquals(tuningPath("off", MADE_UP_GPU), undefined);
});
