import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { defaultConfig } from "../../lib/config/config.ts";
import { configSchema } from "../../lib/config/config_schema.ts";
import { formatConfigYaml } from "../../lib/config/config_text.ts";
import { runSheepop, withFolder } from "./_sheepop.ts";

Deno.test("sheepop config show prints a file that gives the same configuration", async () => {
  await withFolder({}, async (cwd) => {
    const first = await runSheepop(["config", "show", "--d-model", "64", "--no-bias"], { cwd });
    assertEquals([first.code, first.stderr], [0, ""]);
    await Deno.writeTextFile(join(cwd, "sheepop.yaml"), first.stdout);
    assertEquals((await runSheepop(["config", "show"], { cwd })).stdout, first.stdout);
  });
});

Deno.test("sheepop config show --origin names the source of every value", async () => {
  const files = {
    "sheepop.toml": "[model]\nd_model = 64\nnum_heads = 2\nnum_layers = 3\n",
    ".env": "SHEEPOP_NUM_HEADS=8\nSHEEPOP_TOP_K=7\n",
  };
  await withFolder(files, async (cwd) => {
    const env = { SHEEPOP_TOP_K: "9" };
    const { stdout } = await runSheepop(["config", "show", "--origin", "--num-layers=1"], { cwd, env });
    const lines = stdout.split("\n").map((line) => line.replaceAll(/ {2,}/g, " | "));
    for (
      const line of [
        "model.d_model | file sheepop.toml | 64",
        "model.num_heads | environment SHEEPOP_NUM_HEADS (.env) | 8",
        "model.num_layers | flag --num-layers | 1",
        "generate.top_k | environment SHEEPOP_TOP_K | 9",
        "model.dropout | default | 0",
      ]
    ) assert(lines.includes(line), `${line} in\n${stdout}`);
  });
});

Deno.test("sheepop config show --json prints the tree, with --origin a list", async () => {
  await withFolder({}, async (cwd) => {
    const tree = JSON.parse((await runSheepop(["config", "show", "--json"], { cwd })).stdout);
    assertEquals(tree.model.d_model, 128);
    const list = JSON.parse((await runSheepop(["config", "show", "--json", "--origin"], { cwd })).stdout);
    assertEquals(list[1], { key: "model.d_model", value: 128, origin: "default" });
  });
});

Deno.test("sheepop config schema prints the schema", async () => {
  const { stdout } = await runSheepop(["config", "schema"]);
  assertEquals(JSON.parse(stdout), JSON.parse(JSON.stringify(configSchema())));
});

Deno.test("sheepop config init writes a commented file once", async () => {
  await withFolder({}, async (cwd) => {
    const first = await runSheepop(["config", "init"], { cwd });
    assertEquals([first.code, first.stdout], [0, "Wrote sheepop.yaml\n"]);
    assertEquals(await Deno.readTextFile(join(cwd, "sheepop.yaml")), formatConfigYaml(defaultConfig()));
    const second = await runSheepop(["config", "init"], { cwd });
    assertEquals(second.code, 2);
    assertStringIncludes(
      second.stderr,
      "Cannot write sheepop.yaml: it exists; remove it or name another file",
    );
    const other = await runSheepop(["config", "init", "small.yml", "--d-model", "32"], { cwd });
    assertEquals(other.code, 0);
    assertStringIncludes(await Deno.readTextFile(join(cwd, "small.yml")), "  d_model: 32\n");
  });
});

const MISTAKES: [string[], string][] = [
  [["shwo"], "the actions are show, schema and init; did you mean show?"],
  [["init", "a.toml"], "config init writes YAML; name a file ending in .yaml"],
  [["init", "missing/a.yaml"], "its folder does not exist; create it first"],
  [["init", "--json"], "Cannot use --json with config init: it belongs to config show"],
  [["show", "a.yaml"], "only config init writes one; remove it"],
  [["show", "--num-heads", "3"], "Cannot split 128 channels into 3 heads"],
];

for (const [args, message] of MISTAKES) {
  Deno.test(`sheepop config ${args.join(" ")} is refused`, async () => {
    await withFolder({}, async (cwd) => {
      const { code, stderr } = await runSheepop(["config", ...args], { cwd });
      assertEquals(code, 2);
      assertStringIncludes(stderr, message);
    });
  });
}
