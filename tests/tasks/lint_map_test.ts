// Each rule of the map once refused and once allowed.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import plugin from "../../tasks/lint_map.ts";

const ROOT = new URL("../../", import.meta.url);

function findings(path: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, fromFileUrl(new URL(path, ROOT)), source).map((found) => found.id);
}

Deno.test("lint map lets imports go from cli to lib to kernels", () => {
  assertEquals(findings("cli/train.ts", `import { a } from "../lib/model/model.ts";`), []);
  assertEquals(findings("lib/model/model.ts", `import { a } from "../../kernels/add/add.ts";`), []);
  assertEquals(findings("mod.ts", `import { a } from "./lib/model/model.ts";`), []);
});

Deno.test("lint map refuses imports against the direction", () => {
  const id = ["sheepop/import-direction"];
  assertEquals(findings("kernels/add/add.ts", `import { a } from "../../lib/common/errors.ts";`), id);
  assertEquals(findings("lib/model/model.ts", `import type { A } from "../../cli/main.ts";`), id);
  assertEquals(findings("lib/model/model.ts", `const a = await import("../../cli/main.ts");`), id);
  assertEquals(findings("cli/train.ts", `import { a } from "../tasks/std.ts";`), id);
  assertEquals(findings("tasks/layout.ts", `import { a } from "../tests/support/gpu.ts";`), id);
});

Deno.test("lint map names the refused file", () => {
  const [found] = Deno.lint.runPlugin(
    plugin,
    fromFileUrl(new URL("lib/model/model.ts", ROOT)),
    `import { a } from "../../cli/main.ts";`,
  );
  assertStringIncludes(found.message, "Cannot import cli/main.ts from lib");
});

Deno.test("lint map refuses bare and inline packages in what mod.ts reaches", () => {
  const id = ["sheepop/portable-imports"];
  assertEquals(findings("lib/model/model.ts", `import { join } from "@std/path";`), id);
  assertEquals(findings("lib/model/model.ts", `import { join } from "npm:yaml@2.9.1";`), id);
  assertEquals(findings("kernels/add/add.ts", `import { join } from "https://example.com/a.ts";`), id);
  assertEquals(findings("lib/monitor/png.ts", `const a = await import("npm:yaml@^2.9.1");`), id);
  assertEquals(findings("lib/monitor/png.ts", `const a = await import("yaml");`), id);
});

Deno.test("lint map allows node:, exact dynamic npm: and @std in the config reader", () => {
  assertEquals(findings("lib/model/model.ts", `import { join } from "node:path";`), []);
  assertEquals(findings("lib/monitor/png.ts", `const a = await import("npm:@resvg/resvg-wasm@2.6.2");`), []);
  assertEquals(findings("lib/monitor/png.ts", `const a = await import("npm:yaml@2.9.1/util");`), []);
  assertEquals(findings("lib/config/config_file.ts", `import { parse } from "@std/yaml";`), []);
  assertEquals(findings("cli/main.ts", `import { join } from "@std/path";`), []);
});

Deno.test("lint map keeps _x.ts inside its folder", () => {
  const id = ["sheepop/private-file"];
  assertEquals(findings("lib/model/model.ts", `import { a } from "../config/_x.ts";`), id);
  assertEquals(findings("lib/model/model.ts", `import { a } from "./_x.ts";`), []);
  assertEquals(findings("tests/lib/model/x_test.ts", `import { a } from "../../../lib/model/_x.ts";`), []);
});

Deno.test("lint map keeps re-exports in mod.ts", () => {
  const id = ["sheepop/reexport-in-mod"];
  assertEquals(findings("lib/model/model.ts", `export { a } from "./a.ts";`), id);
  assertEquals(findings("lib/model/model.ts", `export * from "./a.ts";`), id);
  assertEquals(findings("lib/model/model.ts", `export const a = 1;`), []);
  assertEquals(findings("mod.ts", `export { a } from "./lib/a.ts";`), []);
});

Deno.test("lint map keeps the GPU in kernels/", () => {
  const id = ["sheepop/gpu-in-kernels"];
  assertEquals(findings("lib/model/model.ts", `let device: GPUDevice;`), id);
  assertEquals(findings("cli/train.ts", `await navigator.gpu.requestAdapter();`), id);
  assertEquals(findings("cli/train.ts", `await navigator["gpu"];`), id);
  assertEquals(findings("lib/model/model.ts", `const GPU = 1; const GPUs = GPU;`), []);
  assertEquals(findings("kernels/device/device.ts", `await navigator.gpu.requestAdapter();`), []);
  assertEquals(findings("tests/support/gpu.ts", `let device: GPUDevice;`), []);
});

Deno.test("lint map keeps the terminal in cli/ and tasks/", () => {
  const id = ["sheepop/console-in-cli"];
  assertEquals(findings("lib/model/model.ts", `console.log(1);`), id);
  assertEquals(findings("kernels/add/add.ts", `Deno.exit(1);`), id);
  assertEquals(findings("mod.ts", `Deno.args;`), id);
  assertEquals(findings("cli/main.ts", `console.log(Deno.args); Deno.exit(1);`), []);
  assertEquals(findings("lib/model/model.ts", `Deno.readTextFile("a");`), []);
});

Deno.test("lint map leaves files of other folders alone", () => {
  const found = Deno.lint.runPlugin(plugin, "/elsewhere/lib/a.ts", `console.log(1); export * from "./b.ts";`);
  assertEquals(found, []);
});
