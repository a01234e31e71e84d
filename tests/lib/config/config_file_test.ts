import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { UsageError } from "../../../lib/common/errors.ts";
import { readConfigFile } from "../../../lib/config/config_file.ts";
import { readConfigTree } from "../../../lib/config/config_tree.ts";

async function readText(name: string, text: string | Uint8Array<ArrayBuffer>): Promise<unknown> {
  const dir = await Deno.makeTempDir();
  try {
    const path = join(dir, name);
    await Deno.writeFile(path, typeof text === "string" ? new TextEncoder().encode(text) : text);
    return await readConfigFile(path, name);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const SAME = { model: { d_model: 128, bias: false, layer_norm_eps: 1e-4 }, data: { paths: ["a", "b"] } };

Deno.test("readConfigFile() reads the same values from YAML, TOML and JSON", async () => {
  const yaml =
    "# comment\nmodel:\n  d_model: 128\n  bias: false\n  layer_norm_eps: 1e-4\ndata:\n  paths: [a, b]\n";
  const toml = '[model]\nd_model = 128\nbias = false\nlayer_norm_eps = 1e-4\n[data]\npaths = ["a", "b"]\n';
  for (
    const [name, text] of [["a.yaml", yaml], ["a.yml", yaml], ["a.toml", toml], [
      "a.json",
      JSON.stringify(SAME),
    ]]
  ) {
    assertEquals(JSON.parse(JSON.stringify(await readText(name, text))), SAME, name);
  }
});

Deno.test("readConfigFile() reads JSON with tabs, escapes and any order of blanks", async () => {
  const text = '\t{\n\t"generate":\n\t\t{"stop" :["\\ud83d\\ude00\\/\\u0000", "a: b # c"]\n\t}\r\n}';
  assertEquals(await readText("a.json", text), { generate: { stop: ["\u{1f600}/\0", "a: b # c"] } });
});

Deno.test("readConfigFile() ignores a byte order mark and reads comments as an empty file", async () => {
  assertEquals(await readText("a.json", "\ufeff{}"), {});
  assertEquals(readConfigTree(await readText("a.yaml", "# nothing yet\n"), "a.yaml").size, 0);
  assertEquals(readConfigTree(await readText("a.toml", ""), "a.toml").size, 0);
});

const REFUSED: [string, string, string | Uint8Array<ArrayBuffer>, string][] = [
  ["a key twice in YAML", "a.yaml", "model:\n  bias: true\n  bias: false\n", "Cannot read a.yaml: "],
  ["a key twice in TOML", "a.toml", "[model]\nbias = true\nbias = false\n", "Cannot read a.toml: "],
  ["a table twice in TOML", "a.toml", "[model]\nbias = true\n[model]\nd_model = 1\n", "Cannot read a.toml: "],
  ["a key twice in JSON", "a.json", '{"model": {"bias": true, "bias": false}}', "Cannot read a.json: "],
  [
    "an integer past 2^53 in TOML",
    "a.toml",
    "[training]\nseed = 9223372036854775807\n",
    "Cannot read a.toml: ",
  ],
  ["broken YAML", "a.yaml", "model: [1, 2\n", "correct the file"],
  ["broken TOML", "a.toml", "[model\n", "correct the file"],
  ["broken JSON", "a.json", '{"model": ', "correct the file"],
  ["comments in JSON", "a.json", "{} // no\n", "correct the file"],
  ["nothing in JSON", "a.json", "", "correct the file"],
  ["an unknown ending", "a.ini", "", "ends in .yaml, .yml, .toml, .json"],
  ["bytes that are no UTF-8", "a.yaml", new Uint8Array([0xff, 0xfe, 0x80]), "it is not UTF-8 text"],
  ["a file of two megabytes", "a.yaml", "#".repeat(2_000_000), "it may have 1048576 bytes and has 2000000"],
];

for (const [what, name, text, message] of REFUSED) {
  Deno.test(`readConfigFile() refuses ${what} in one line`, async () => {
    const error = await assertRejects(() => readText(name, text), UsageError, message);
    assert(!error.message.includes("\n"), error.message);
    assert(error.message.startsWith(`Cannot read ${name}: `), error.message);
  });
}

Deno.test("readConfigFile() refuses a missing file, a folder and a pipe without waiting", async () => {
  await assertRejects(
    () => readConfigFile("nowhere.yaml"),
    UsageError,
    "there is no such file; check the path",
  );
  const dir = await Deno.makeTempDir({ suffix: ".yaml" });
  try {
    await assertRejects(() => readConfigFile(dir, "a.yaml"), UsageError, "it is not a file");
    const pipe = join(dir, "pipe.yaml");
    await new Deno.Command("mkfifo", { args: [pipe] }).output();
    await assertRejects(() => readConfigFile(pipe, "a.yaml"), UsageError, "it is not a file");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("readConfigFile() and readConfigTree() survive nesting, alias bombs and strange tags", async () => {
  const bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"];
  for (let i = 1; i < 30; i++) bomb.push(`a${i}: &a${i} [${Array(9).fill(`*a${i - 1}`).join(", ")}]`);
  const texts = [
    bomb.join("\n"),
    `model: ${bomb.map((line) => line.replace(/^\w+: /, "")).slice(0, 1)}`,
    `${"[".repeat(5000)}${"]".repeat(5000)}`,
    `{"model":${'{"a":'.repeat(5000)}1${"}".repeat(5000)}}`,
    "model: !!js/function 'function () {}'\n",
    "__proto__:\n  bias: false\n",
    "model:\n  __proto__: {bias: false}\n",
    "model:\n  constructor: 1\n",
    "toString: 1\n",
    "model: 2026-01-01\n",
    "- a\n- b\n",
    "just a text\n",
  ];
  const before = performance.now();
  for (const text of texts) {
    await assertRejects(
      async () => readConfigTree(await readText("a.yaml", text), "a.yaml"),
      UsageError,
      "Cannot ",
    );
  }
  assert(performance.now() - before < 5000, "time grows with the size of the file only");
  assertEquals(({} as Record<string, unknown>).bias, undefined);
});
