import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { join } from "node:path";
import { UsageError } from "../../../lib/common/errors.ts";
import { openTokenFile, verifyTokenFile } from "../../../lib/dataset/token_file.ts";
import { openTokenFileWriter } from "../../../lib/dataset/token_file_writer.ts";
import { openTempFolder } from "../common/temp_folder.ts";
import { writeTokens } from "./_token_fixture.ts";

const HEADER_BYTES = 128;

Deno.test("openTokenFile() reads any range of what was written, in 16 and in 32 bits", async () => {
  await using temp = await openTempFolder();
  const path = join(temp.path, "tokens.bin");
  const vocab = fc.constantFrom(300, 65_536, 65_537, 200_000);
  const sizes = fc.array(fc.nat(20), { maxLength: 6 });
  fc.assert(fc.property(vocab, sizes, fc.nat(), fc.nat(), (vocabSize, lengths, a, b) => {
    const documents = lengths.map((length, at) =>
      Array.from({ length }, (_, i) => (at * 7919 + i * 104729) % vocabSize)
    );
    writeTokens(path, { documents, vocabSize });
    using file = openTokenFile(path);
    const all = documents.flatMap((ids) => [...ids, 0]);
    assertEquals([file.numTokens, file.numDocuments, file.vocabSize], [
      all.length,
      documents.length,
      vocabSize,
    ]);
    assertEquals(file.textBytes, all.length - documents.length);
    const start = a % (all.length + 1), end = start + b % (all.length - start + 1);
    const out = new Uint32Array(end - start);
    file.read(start, out);
    assertEquals([...out], all.slice(start, end));
    let at = 0;
    for (const [document, ids] of documents.entries()) {
      assertEquals(file.documentStart(document), at);
      at += ids.length + 1;
    }
    verifyTokenFile(path);
  }));
});

Deno.test("openTokenFileWriter() writes a token of a small vocabulary in two bytes", async () => {
  await using temp = await openTempFolder();
  const documents = [Array.from({ length: 999 }, () => 1)];
  writeTokens(join(temp.path, "small.bin"), { documents, vocabSize: 65_536 });
  writeTokens(join(temp.path, "large.bin"), { documents, vocabSize: 65_537 });
  assertEquals((await Deno.stat(join(temp.path, "small.bin"))).size, HEADER_BYTES + 2000 + 8);
  assertEquals((await Deno.stat(join(temp.path, "large.bin"))).size, HEADER_BYTES + 4000 + 8);
});

Deno.test("openTokenFileWriter() keeps the order of documents longer and shorter than its buffer", async () => {
  await using temp = await openTempFolder();
  const path = join(temp.path, "tokens.bin");
  const long = Array.from({ length: 600_000 }, (_, at) => at % 1000);
  const documents = [[7], long, [8, 9], long.slice(0, 400_000), long.slice(0, 200_000)];
  writeTokens(path, { documents, vocabSize: 1000 });
  verifyTokenFile(path);
  using file = openTokenFile(path);
  const all = new Uint32Array(file.numTokens);
  file.read(0, all);
  const expected = Uint32Array.from(documents.flatMap((ids) => [...ids, 0]));
  assert(all.every((id, at) => id === expected[at]) && all.length === expected.length);
});

Deno.test("openTokenFileWriter() gives the file its name only when it is finished", async () => {
  await using temp = await openTempFolder();
  const path = join(temp.path, "tokens.bin");
  {
    using writer = openTokenFileWriter(path, { vocabSize: 10, endOfTextId: 0 });
    writer.write(Uint32Array.of(1, 2), 2);
    assertThrows(() => writer.write(Uint32Array.of(1, 10), 2), RangeError, "token 10 at position 1");
    assertThrows(() => openTokenFile(path), UsageError, "no such file");
  }
  assertEquals(await Array.fromAsync(Deno.readDir(temp.path)), []);
});

Deno.test("openTokenFile() refuses a file whose header or size is wrong", async () => {
  await using temp = await openTempFolder();
  const path = join(temp.path, "tokens.bin");
  writeTokens(path, { documents: [[1, 2, 3, 4, 5]], vocabSize: 300 });
  const good = await Deno.readFile(path);
  const cases: [(bytes: Uint8Array<ArrayBuffer>) => Uint8Array, string][] = [
    [(bytes) => bytes.subarray(0, 100), "100 bytes, a header alone takes 128"],
    [(bytes) => bytes.subarray(0, 0), "0 bytes"],
    [(bytes) => bytes.subarray(0, bytes.length - 1), "its header speaks of"],
    [(bytes) => Uint8Array.of(...bytes, 0), "its header speaks of"],
    [(bytes) => withByte(bytes, { at: 0, value: 0x50 }), "does not start with SHEEPTOK"],
    [(bytes) => withByte(bytes, { at: 8, value: 9 }), "its version is 9"],
    [(bytes) => withByte(bytes, { at: 12, value: 3 }), "3 bytes a token"],
    [(bytes) => withByte(bytes, { at: 18, value: 1 }), "2 bytes a token do not suit"],
    [(bytes) => withByte(bytes, { at: 31, value: 0x7f }), "its header speaks of"],
    [(bytes) => bytes.map((byte, at) => at >= 16 && at < 20 ? 0 : byte), "vocabulary size is 0"],
  ];
  for (const [damage, rule] of cases) {
    await Deno.writeFile(path, damage(good.slice()));
    const error = assertThrows(() => openTokenFile(path)[Symbol.dispose](), UsageError);
    assert(error.message.includes(path) && error.message.includes(rule), `${rule}: ${error.message}`);
  }
});

Deno.test("openTokenFile() refuses an id outside the vocabulary when it is read, naming its position", async () => {
  await using temp = await openTempFolder();
  const path = join(temp.path, "tokens.bin");
  writeTokens(path, { documents: [[1, 2, 3, 4, 5]], vocabSize: 300 });
  await Deno.writeFile(path, withByte(await Deno.readFile(path), { at: HEADER_BYTES + 2 * 3 + 1, value: 2 }));
  using file = openTokenFile(path);
  file.read(0, new Uint32Array(3));
  assertThrows(
    () => file.read(1, new Uint32Array(3)),
    UsageError,
    "token 516 at position 3 is not below 300",
  );
  assertThrows(() => verifyTokenFile(path), UsageError, "at position 3");
});

Deno.test("verifyTokenFile() finds a flipped bit that leaves every id valid", async () => {
  await using temp = await openTempFolder();
  const path = join(temp.path, "tokens.bin");
  writeTokens(path, { documents: [[1, 2, 3], [4, 5]], vocabSize: 300 });
  const good = await Deno.readFile(path);
  for (let at = HEADER_BYTES; at < good.length; at++) {
    await Deno.writeFile(path, withByte(good.slice(), { at, value: good[at] ^ 1 }));
    assertThrows(() => verifyTokenFile(path), UsageError, "its SHA-256 is", `byte ${at}`);
  }
});

Deno.test("TokenFile.read() refuses a range outside the file", async () => {
  await using temp = await openTempFolder();
  const path = join(temp.path, "tokens.bin");
  writeTokens(path, { documents: [[1, 2, 3]], vocabSize: 300 });
  using file = openTokenFile(path);
  for (const [offset, length] of [[-1, 1], [4, 1], [0, 5], [0.5, 1], [NaN, 1]]) {
    assertThrows(() => file.read(offset, new Uint32Array(length)), RangeError, "it holds 4");
  }
  assertThrows(() => file.documentStart(1), RangeError, "it holds 1");
});

function withByte(
  bytes: Uint8Array<ArrayBuffer>,
  change: { readonly at: number; readonly value: number },
): Uint8Array<ArrayBuffer> {
  bytes[change.at] = change.value;
  return bytes;
}
