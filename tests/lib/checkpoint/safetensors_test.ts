import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import fc from "fast-check";
import { join } from "node:path";
import { UsageError } from "../../../lib/common/errors.ts";
import { openSafetensors, safetensorsSize, writeSafetensors } from "../../../lib/checkpoint/safetensors.ts";

const F32_SCALAR = { dtype: "F32", shape: [], data_offsets: [0, 4] };

Deno.test("openSafetensors() reads what writeSafetensors() wrote", async () => {
  await using folder = await makeFolder();
  const tensors = [
    { name: "weight", shape: [2, 3], data: new Float32Array([1, -0, NaN, Infinity, 1e-45, 3.4e38]) },
    { name: "count", shape: [], data: new Uint32Array([0xffffffff]) },
    { name: "empty", shape: [0, 7], data: new Float32Array(0) },
    { name: "__proto__", shape: [1], data: new Float32Array([7]) },
    { name: 'a "b"\n\u{1F411}', shape: [1, 1], data: new Float32Array([8]) },
  ];
  const path = join(folder.path, "a.safetensors");
  const { sizeBytes } = await writeSafetensors(path, tensors, {
    metadata: { format: "pt", __proto__x: "y" },
  });
  assertEquals(Deno.statSync(path).size, sizeBytes);
  using file = openSafetensors(path);
  assertEquals([...file.entries.keys()].sort(), tensors.map(({ name }) => name).sort());
  for (const tensor of tensors) assertEquals(file.read(tensor.name), tensor);
  assertEquals([...file.metadata], [["format", "pt"], ["__proto__x", "y"]]);
});

Deno.test("openSafetensors() keeps every bit of every number", async () => {
  await using folder = await makeFolder();
  let number = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.integer({ min: 0, max: 0xffffffff }))), async (lists) => {
      const tensors = lists.map((list, i) => {
        const bits = Uint32Array.from(list);
        const data = i % 2 ? bits : new Float32Array(bits.buffer);
        return { name: `t${i}`, shape: [data.length], data };
      });
      const path = join(folder.path, `${number++}`);
      await writeSafetensors(path, tensors);
      using file = openSafetensors(path);
      for (const { name, data } of tensors) {
        const read = file.read(name).data;
        assertEquals(new Uint8Array(read.buffer), new Uint8Array(data.buffer));
      }
    }),
    { numRuns: 30 },
  );
});

Deno.test("writeSafetensors() aligns the data to 8 bytes and makes the same bytes again", async () => {
  await using folder = await makeFolder();
  for (const name of ["a", "ab", "abc"]) { // not all of a length that fits by chance
    await writeSafetensors(join(folder.path, name), [{ name, shape: [1], data: new Float32Array(1) }]);
    const { length } = Deno.readFileSync(join(folder.path, name));
    assertEquals((length - 4) % 8, 0);
  }
  const tensors = [{ name: "abc", shape: [1], data: new Float32Array([1]) }];
  const first = await writeSafetensors(join(folder.path, "1"), tensors);
  assertEquals(await writeSafetensors(join(folder.path, "2"), tensors), first);
  assertEquals(safetensorsSize(tensors), Deno.statSync(join(folder.path, "1")).size);
});

Deno.test("writeSafetensors() refuses shapes that do not fit and names used twice", async () => {
  await using folder = await makeFolder();
  const one = { name: "a", shape: [1], data: new Float32Array(1) };
  for (const tensors of [[one, one], [{ ...one, shape: [2] }], [{ ...one, name: "__metadata__" }]]) {
    const error = await writeSafetensors(join(folder.path, "x"), tensors).catch((error) => error);
    assert(error instanceof RangeError, String(error));
  }
});

Deno.test("SafetensorsFile.read() names a tensor that is missing or of a type it does not read", async () => {
  await using folder = await makeFolder();
  const entry = { dtype: "BF16", shape: [2], data_offsets: [0, 4] };
  using file = openSafetensors(writeRaw(folder.path, { half: entry }, 4));
  assertThrows(() => file.read("other"), UsageError, 'no tensor "other"');
  assertThrows(() => file.read("half"), UsageError, "BF16; only F32 and U32");
});

// D01 of the abuse list: one broken rule a file, and a message of its own for each rule.
const ABUSES: readonly { what: string; message: string; make: (folder: string) => string }[] = [
  { what: "fewer than 8 bytes", message: "it has 7 bytes", make: (f) => writeBytes(f, new Uint8Array(7)) },
  { what: "header length 0", message: "length is 0", make: (f) => writeBytes(f, new Uint8Array(8)) },
  {
    what: "header length 2^63",
    message: "length is 9223372036854775808 bytes but only 2 follow",
    make: (f) => writeBytes(f, new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0x80, 0x7b, 0x7d])),
  },
  { what: "header past the end", message: "only 2 follow", make: (f) => writeHeader(f, "{}", { length: 3 }) },
  { what: "header over the cap", message: "at most 16777216 are read", make: writeHugeHeader },
  { what: "a list as header", message: "not begin with {", make: (f) => writeHeader(f, "[]") },
  { what: "a byte order mark", message: "not begin with {", make: (f) => writeHeader(f, "\ufeff{}") },
  {
    what: "invalid UTF-8",
    message: "not valid UTF-8",
    make: (f) => writeBytes(f, new Uint8Array([4, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x22, 0xff, 0x7d])),
  },
  { what: "no JSON", message: "not valid JSON", make: (f) => writeHeader(f, "{'a':1}") },
  { what: "an open string", message: "not valid JSON", make: (f) => writeHeader(f, '{"a') },
  { what: "two documents", message: "not valid JSON", make: (f) => writeHeader(f, "{}{}") },
  {
    what: "a tensor twice",
    message: 'the key "a" twice',
    make: (f) => writeHeader(f, `{"a":${json(F32_SCALAR)}, "\\u0061" : ${json(F32_SCALAR)}}`, { data: 4 }),
  },
  {
    what: "a key of a tensor twice",
    message: 'the key "dtype" twice',
    make: (f) =>
      writeHeader(f, '{"a":{"dtype":"F32","shape":[],"dtype":"U8","data_offsets":[0,4]}}', { data: 4 }),
  },
  {
    what: "depth 20,000",
    message: "nests deeper than 3",
    make: (f) => writeHeader(f, '{"a":' + "[".repeat(20_000) + "]".repeat(20_000) + "}"),
  },
  {
    what: "depth of objects",
    message: "nests deeper than 3",
    make: (f) => writeHeader(f, '{"a":'.repeat(20_000)),
  },
  {
    what: "metadata as a list",
    message: "__metadata__ is not",
    make: (f) => writeRaw(f, { __metadata__: [] }),
  },
  {
    what: "metadata that is no text",
    message: '__metadata__ holds "a", which is not a text',
    make: (f) => writeRaw(f, { __metadata__: { a: 1 } }),
  },
  { what: "a tensor that is a number", message: '"a" is not an object', make: (f) => writeRaw(f, { a: 1 }) },
  {
    what: "a tensor named __proto__ with nothing",
    message: '"__proto__" has no dtype',
    make: (f) => writeHeader(f, '{"__proto__":{}}'),
  },
  {
    what: "no shape",
    message: '"a" has no shape',
    make: (f) => writeRaw(f, { a: { dtype: "F32", data_offsets: [0, 4] } }, 4),
  },
  {
    what: "an unknown key",
    message: 'a key "more"',
    make: (f) => writeRaw(f, { a: { ...F32_SCALAR, more: 1 } }, 4),
  },
  {
    what: "an unknown dtype",
    message: 'unknown dtype "F31"',
    make: (f) => writeRaw(f, { a: { ...F32_SCALAR, dtype: "F31" } }, 4),
  },
  {
    what: "a dtype of Object.prototype",
    message: 'unknown dtype "constructor"',
    make: (f) => writeRaw(f, { a: { ...F32_SCALAR, dtype: "constructor" } }, 4),
  },
  {
    what: "a negative size",
    message: "shape that is not a list of integers",
    make: (f) => writeRaw(f, { a: { ...F32_SCALAR, shape: [-1] } }, 4),
  },
  {
    what: "a negative offset",
    message: "data_offsets that are not two integers",
    make: (f) => writeRaw(f, { a: { ...F32_SCALAR, data_offsets: [-4, 0] } }, 4),
  },
  {
    what: "a fractional offset",
    message: "data_offsets that are not two integers",
    make: (f) => writeRaw(f, { a: { ...F32_SCALAR, data_offsets: [0, 4.5] } }, 4),
  },
  {
    what: "offset 1e400",
    message: "data_offsets that are not two integers",
    make: (f) => writeHeader(f, '{"a":{"dtype":"F32","shape":[],"data_offsets":[0,1e400]}}', { data: 4 }),
  },
  {
    what: "an offset beyond 2^53",
    message: "data_offsets that are not two integers",
    make: (f) =>
      writeHeader(f, '{"a":{"dtype":"F32","shape":[],"data_offsets":[0,9007199254740993]}}', { data: 4 }),
  },
  {
    what: "three offsets",
    message: "data_offsets that are not two integers",
    make: (f) => writeRaw(f, { a: { ...F32_SCALAR, data_offsets: [0, 2, 4] } }, 4),
  },
  {
    what: "offsets in the wrong order",
    message: "ends at byte 0, before it begins at byte 4",
    make: (f) => writeRaw(f, { a: { ...F32_SCALAR, data_offsets: [4, 0] } }, 4),
  },
  {
    what: "a shape of too many bytes",
    message: "more than 2^53 bytes",
    make: (f) => writeRaw(f, { a: { ...F32_SCALAR, shape: [2 ** 30, 2 ** 30, 0] } }, 4),
  },
  {
    what: "a shape that does not fit",
    message: "needs 8 bytes but has 4",
    make: (f) => writeRaw(f, { a: { ...F32_SCALAR, shape: [2] } }, 4),
  },
  {
    what: "data past the end",
    message: "past the 3 bytes of data",
    make: (f) => writeRaw(f, { a: F32_SCALAR }, 3),
  },
  {
    what: "two tensors on the same bytes",
    message: '"b" overlaps',
    make: (f) => writeRaw(f, { a: F32_SCALAR, b: F32_SCALAR }, 4),
  },
  {
    what: "a gap",
    message: 'bytes 4 to 5 before tensor "b" belong to no tensor',
    make: (f) => writeRaw(f, { a: F32_SCALAR, b: { ...F32_SCALAR, data_offsets: [5, 9] } }, 9),
  },
  {
    what: "a zip archive at the end",
    message: "last 22 bytes belong to no tensor",
    make: (f) => writeRaw(f, { a: F32_SCALAR }, 26),
  },
  { what: "a folder", message: "it is not a file", make: (f) => f },
  { what: "nothing there", message: "no such file", make: (f) => join(f, "none") },
];

for (const { what, message, make } of ABUSES) {
  Deno.test(`openSafetensors() refuses ${what}`, async () => {
    await using folder = await makeFolder();
    const path = make(folder.path);
    const started = performance.now();
    assertThrows(() => openSafetensors(path), UsageError, message);
    assertLess(performance.now() - started, 1000);
  });
}

Deno.test("openSafetensors() accepts tensors listed in another order than their bytes", async () => {
  await using folder = await makeFolder();
  const path = writeRaw(folder.path, { b: { ...F32_SCALAR, data_offsets: [4, 8] }, a: F32_SCALAR }, 8);
  using file = openSafetensors(path);
  assertEquals([...file.entries.keys()], ["a", "b"]);
});

Deno.test("openSafetensors() refuses many tensors on one byte in time and memory", async (t) => {
  await using folder = await makeFolder();
  const limits = [[100_000, '"1" overlaps'], [280_000, "more than 100000 keys in one object"]] as const;
  for (const [count, message] of limits) {
    await t.step(`${count} tensors`, () => {
      const entry = ':{"dtype":"U8","shape":[1],"data_offsets":[0,1]}';
      const members = Array.from({ length: count }, (_, i) => `"${i.toString(36)}"${entry}`);
      const path = writeHeader(folder.path, `{${members.join(",")}}`, { data: 1 });
      const before = Deno.memoryUsage().rss;
      const started = performance.now();
      assertThrows(() => openSafetensors(path), UsageError, message);
      assertLess(performance.now() - started, 5000); // under a second where nothing else runs
      assertLess(Deno.memoryUsage().rss - before, 200e6);
    });
  }
});

Deno.test("openSafetensors() refuses or reads a damaged file, and never fails in another way", async () => {
  await using folder = await makeFolder();
  const good = join(folder.path, "good");
  await writeSafetensors(good, [
    { name: "a", shape: [2, 2], data: new Float32Array(4) },
    { name: "b", shape: [3], data: new Uint32Array(3) },
  ], { metadata: { format: "pt" } });
  const bytes = Deno.readFileSync(good);
  const path = join(folder.path, "damaged");
  const change = fc.record({ at: fc.nat(bytes.length - 1), to: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(bytes.length), (changes, length) => {
      const damaged = bytes.slice(0, Math.max(length, bytes.length - 40));
      for (const { at, to } of changes) damaged[at] = to;
      Deno.writeFileSync(path, damaged);
      try {
        using file = openSafetensors(path);
        for (const name of file.entries.keys()) file.read(name);
      } catch (error) {
        assert(error instanceof UsageError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});

function json(value: unknown): string {
  return JSON.stringify(value);
}

function writeRaw(folder: string, header: unknown, data = 0): string {
  return writeHeader(folder, json(header), { data });
}

function writeHeader(
  folder: string,
  header: string,
  options: { data?: number; length?: number } = {},
): string {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + (options.data ?? 0));
  new DataView(bytes.buffer).setBigUint64(0, BigInt(options.length ?? text.length), true);
  bytes.set(text, 8);
  return writeBytes(folder, bytes);
}

function writeHugeHeader(folder: string): string {
  const size = 16 * 1024 * 1024 + 1;
  const path = writeHeader(folder, "{}", { length: size });
  Deno.truncateSync(path, 8 + size);
  return path;
}

function writeBytes(folder: string, bytes: Uint8Array): string {
  const path = join(folder, "file.safetensors");
  Deno.writeFileSync(path, bytes);
  return path;
}

async function makeFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
