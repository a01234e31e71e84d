import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { sha256, sha256File } from "../../../lib/common/hash.ts";
import { openTempFolder } from "./temp_folder.ts";

// FIPS 180-2, appendix B.1
const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

Deno.test("sha256() hashes the UTF-8 bytes of a text", () => {
  assertEquals(sha256("abc"), ABC);
  assertEquals(sha256("é"), sha256(Uint8Array.of(0xc3, 0xa9)));
});

Deno.test("sha256File() hashes a file longer than its buffer", async () => {
  await using temp = await openTempFolder();
  const path = join(temp.path, "bytes");
  const bytes = Uint8Array.from({ length: 2_500_000 }, (_, at) => at * 31 >> 3);
  await Deno.writeFile(path, bytes);
  assertEquals(await sha256File(path), sha256(bytes));
  await assertRejects(() => sha256File(path + "x"), Deno.errors.NotFound);
});
