import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../../../lib/common/errors.ts";
import { memberRules } from "../../../lib/ingest/member_rules.ts";

const ALL = { exclude: [], extensions: [] };

Deno.test("memberRules() gives members their path with slashes and without empty steps", () => {
  const rules = memberRules(ALL);
  for (
    const [name, path] of [["a.txt", "a.txt"], ["./b//c.txt", "b/c.txt"], ["d\\e.txt", "d/e.txt"], [
      "f/./g",
      "f/g",
    ]]
  ) {
    assertEquals(rules(name), { path });
  }
});

Deno.test("memberRules() excludes as in a folder and names the topmost folder once", () => {
  const rules = memberRules({ exclude: ["build/", "/top.txt", "*.log", "docs/*.md"], extensions: [] });
  const excluded = "excluded by data.exclude";
  assertEquals(rules("a/build/b/build/c.txt"), { path: "a/build", reason: excluded });
  assertEquals(rules("a/build/d.txt"), "named before");
  assertEquals(rules("b/build"), { path: "b/build" }); // a file
  assertEquals(rules("top.txt"), { path: "top.txt", reason: excluded });
  assertEquals(rules("a/top.txt"), { path: "a/top.txt" });
  assertEquals(rules("a/x.log"), { path: "a/x.log", reason: excluded });
  assertEquals(rules("docs/x.md"), { path: "docs/x.md", reason: excluded });
});

Deno.test("memberRules() refuses a pattern that is none", () => {
  assertThrows(() => memberRules({ exclude: ["[a"], extensions: [] }), UsageError, "data.exclude");
});

Deno.test("memberRules() gives no path that leaves the archive, moves a cursor or is longer than a file's", () => {
  const piece = fc.constantFrom(
    "..",
    ".",
    "/",
    "\\",
    "a",
    "C:",
    "\x1b[2J",
    "\0",
    "\r",
    "n".repeat(300),
    "\ud800",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const ruling = memberRules(ALL)(pieces.join(""));
      assert(ruling !== "named before");
      const { path } = ruling;
      assert(!path.startsWith("/"), path);
      assert(!path.split("/").includes("..") && !/\p{Cc}/u.test(path) && path !== "", JSON.stringify(path));
      assert("reason" in ruling || path.split("/").every((part) => part.length <= 255));
    }),
    { numRuns: 2000 },
  );
});
