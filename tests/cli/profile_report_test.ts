import { assertEquals, assertMatch } from "@std/assert";
import { formatProfile } from "../../cli/_profile_report.ts";
import { MADE_UP_PROFILE } from "../support/made_up_profile.ts";

for (const by of ["kernel", "shape", "operation"] as const) {
  Deno.test(`formatProfile() by ${by}`, async (t) => {
    await t.assertSnapshot(formatProfile(MADE_UP_PROFILE, by).join("\n"));
  });
}

Deno.test("formatProfile() marks one ceiling a row, and shares add up", () => {
  const text = formatProfile({ ...MADE_UP_PROFILE, token: undefined }, "kernel");
  const rows = text.filter((line) => / %/.test(line) && / \d+ .*%.*%.*%/.test(line));
  assertEquals(rows.length, 5);
  let sum = 0;
  for (const row of rows) {
    assertMatch(row, /^[^*]*\*[^*]*$/);
    if (!row.startsWith("all")) sum += Number(/([\d.]+) %/.exec(row)![1]);
  }
  assertEquals(Math.round(sum), 100);
});
