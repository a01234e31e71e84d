import { assert, assertEquals } from "@std/assert";
import { gzipSync } from "node:zlib";
import { defaultConfig } from "../../../lib/config/config.ts";
import { ParsePool } from "../../../lib/ingest/parse_pool.ts";

function fileOf(name: string, bytes: Uint8Array) {
  return { name, bytes, needsPackages: false, isSmall: true };
}

Deno.test("ParsePool parses every file once, whatever a file between them does", async () => {
  const data = { ...defaultConfig().data, minLength: 1, workers: 2, maxOutput: 4096 };
  await using pool = await ParsePool.open(data);
  const long = new TextEncoder().encode("a sheep too many\n".repeat(2000));
  const parsed = Array.from({ length: 40 }, (_, at) => {
    const text = new TextEncoder().encode(`sheep number ${at}`);
    return pool.parse(fileOf(`${at}.txt`, at % 10 === 4 ? long : text));
  });
  const files = (await Promise.all(parsed)).map(({ files }) => files.at(-1)!);
  assertEquals(
    files.map(({ reason, documents }) => reason ?? documents[0].text),
    files.map((_, at) => at % 10 === 4 ? "text larger than data.max_output" : `sheep number ${at}`),
  );
});

Deno.test("ParsePool has at most data.workers children at work, and none before there is a file", async () => {
  const { Command } = Deno;
  let started = 0;
  Deno.Command = class extends Command {
    constructor(...args: ConstructorParameters<typeof Command>) {
      super(...args);
      if (args[1]?.args?.[0] === "run") started++;
    }
  };
  try {
    await using pool = await ParsePool.open({ ...defaultConfig().data, minLength: 1, workers: 2 });
    assertEquals([pool.size, started], [2, 0]);
    const gzip = gzipSync(new TextEncoder().encode("packed sheep"));
    const all = Array.from({ length: 12 }, (_, at) => pool.parse(fileOf(`${at}.txt.gz`, gzip)));
    for (const { files } of await Promise.all(all)) {
      assertEquals(files[0].documents[0].text, "packed sheep");
    }
    assert(started <= 2, `${started} children`);
  } finally {
    Deno.Command = Command;
  }
});
