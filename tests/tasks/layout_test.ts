// A tree without violations, then one wrong thing at a time.

import { assertEquals } from "@std/assert";
import { findViolations, type SourceTree } from "../../tasks/layout.ts";

const GOOD: Readonly<Record<string, string>> = {
  "mod.ts": "// header\n",
  "sheepop": "",
  "cli/main.ts": "// header\n",
  "lib/model/model.ts": "// header\n",
  "kernels/ops.ts": "// header\n",
  "kernels/device/device.ts": "// header\n",
  "kernels/add/add.ts": "// header\n",
  "kernels/add/add_forward.wgsl": "// header\n",
  "kernels/add/add_reference.ts": "// header\n",
  "tests/kernels/add_test.ts": "// header\n",
  "tests/lib/model/model_test.ts": "// header\n",
  "tests/support/fixtures/Odd Name.txt": "",
  "data/samples/UPPER-case.txt": "",
};

function treeWith(changes: Record<string, string | undefined>): SourceTree {
  const files = Object.entries({ ...GOOD, ...changes });
  return new Map(files.filter((file): file is [string, string] => file[1] !== undefined));
}

Deno.test("findViolations() finds nothing in a good tree", () => {
  assertEquals(findViolations(treeWith({})), []);
});

Deno.test("findViolations() knows the names of the top level", () => {
  assertEquals(findViolations(treeWith({ "scripts/a.ts": "" })), [
    "scripts: not a name of the top level, move it or add it to TOP_LEVEL in tasks/layout.ts",
  ]);
});

Deno.test("findViolations() wants snake_case", () => {
  assertEquals(findViolations(treeWith({ "lib/model/attentionBlock.ts": "//\n" })), [
    'lib/model/attentionBlock.ts: "attentionBlock.ts" is not snake_case',
  ]);
  assertEquals(findViolations(treeWith({ "lib/my-model/a.ts": "//\n" })), [
    'lib/my-model/a.ts: "my-model" is not snake_case',
  ]);
});

Deno.test("findViolations() refuses names that say nothing", () => {
  for (const name of ["index", "utils", "core", "base", "run_manager", "path_helpers"]) {
    assertEquals(findViolations(treeWith({ [`lib/model/${name}.ts`]: "//\n" })).length, 1, name);
  }
  assertEquals(findViolations(treeWith({ "lib/model/index_shards.ts": "//\n" })), []);
});

Deno.test("findViolations() refuses a file of 401 lines and takes one of 400", () => {
  assertEquals(findViolations(treeWith({ "lib/model/long.ts": "//\n".repeat(400) })), []);
  assertEquals(findViolations(treeWith({ "lib/model/long.ts": "//\n".repeat(401) })), [
    "lib/model/long.ts: 401 lines, at most 400: split it where a reader would",
  ]);
});

Deno.test("findViolations() wants a header comment", () => {
  const message = "no header comment in the first line, say what the file is";
  assertEquals(findViolations(treeWith({ "kernels/add/add_forward.wgsl": "\n// late\n" })), [
    `kernels/add/add_forward.wgsl: ${message}`,
  ]);
  assertEquals(findViolations(treeWith({ "lib/model/model.ts": "export const a = 1;\n" })), [
    `lib/model/model.ts: ${message}`,
  ]);
});

Deno.test("findViolations() wants the places of an operation", () => {
  assertEquals(
    findViolations(treeWith({
      "kernels/add/add_reference.ts": undefined,
      "kernels/add/add_forward.wgsl": undefined,
      "tests/kernels/add_test.ts": undefined,
    })),
    [
      "kernels/add: kernels/add/add_reference.ts is missing",
      "kernels/add: no add_<pass>.wgsl",
      "kernels/add: tests/kernels/add_test.ts is missing",
    ],
  );
  assertEquals(findViolations(treeWith({ "kernels/add/copy.wgsl": "//\n" })), [
    "kernels/add/copy.wgsl: kernels of kernels/add are named add_<pass>.wgsl",
  ]);
});

Deno.test("findViolations() wants tests to mirror their source", () => {
  assertEquals(findViolations(treeWith({ "tests/lib/gone/model_test.ts": "" })), [
    "tests/lib/gone/model_test.ts: tests mirror their source, but lib/gone/ does not exist",
  ]);
  const good = { "tests/lib/model/model_speed_test.ts": "", "tests/e2e/any_test.ts": "" };
  assertEquals(findViolations(treeWith(good)), []);
});

Deno.test("findViolations() keeps lib/common small", () => {
  const files = Object.fromEntries(
    ["a", "b", "c", "d", "e"].map((name) => [`lib/common/${name}.ts`, "//\n"]),
  );
  assertEquals(findViolations(treeWith(files)), [
    "lib/common: 5 files, at most 4: move what belongs to one folder there",
  ]);
});
