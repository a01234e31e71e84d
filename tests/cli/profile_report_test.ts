import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { formatProfile } from "../../cli/_profile_report.ts";
import { MADE_UP_PROFILE } from "../support/made_up_profile.ts";

for (const by of ["kernel", "shape", "operation"] as const) {
  Deno.test(`formatProfile() by ${by}`, async (t) => {
    await t.assertSnapshot(formatProfile(MADE_UP_PROFILE, { by }).join("\n"));
  });
}

Deno.test("formatProfile() marks one ceiling a row, and shares add up", () => {
  const text = formatProfile({ ...MADE_UP_PROFILE, token: undefined }, { by: "kernel" });
  const rows = text.filter((line) => / %/.test(line) && / \d+ .*%.*%.*%/.test(line));
  assertEquals(rows.length, 5);
  let sum = 0;
  for (const row of rows) {
    assertMatch(row, /^[^*]*\*[^*]*$/);
    if (!row.startsWith("all")) sum += Number(/([\d.]+) %/.exec(row)![1]);
  }
  assertEquals(Math.round(sum), 100);
});

Deno.test("formatProfile() says when a busy machine spoils the figures of an adapter on the CPU", () => {
  const by = "kernel";
  const profile = { ...MADE_UP_PROFILE, timing: "waiting" } as const;
  const busy = formatProfile(profile, { by, load: { average: 3.456, cores: 2 } }).join("\n");
  assertStringIncludes(busy, "Busy      load 3.5 on 2 cores before it began");
  assert(!formatProfile(profile, { by, load: { average: 1, cores: 2 } }).join("\n").includes("Busy"));
  const onGpu = formatProfile(MADE_UP_PROFILE, { by, load: { average: 9, cores: 2 } });
  assert(!onGpu.join("\n").includes("Busy"));
});
