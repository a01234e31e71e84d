import { assertEquals, assertRejects } from "@std/assert";
import { defaultConfig } from "../../../../lib/config/config.ts";
import { ParseFailure } from "../../../../lib/ingest/parsers/parser.ts";
import { findPackageFolder } from "../../../../lib/ingest/package_folder.ts";
import { openRecognizer } from "../../../../lib/ingest/parsers/recognize.ts";
import { FIRST_PAGE, imageBytes } from "./image_fixture.ts";

const { data } = defaultConfig();

Deno.test("openRecognizer() gives the same text whatever was read before", async () => {
  using recognizer = await openRecognizer(data);
  const first = await recognizer.recognize(imageBytes("page.png"));
  assertEquals(first.replace(/\s+/g, " "), FIRST_PAGE);
  await recognizer.recognize(imageBytes("two_pages.tif"));
  assertEquals(await recognizer.recognize(imageBytes("page.png")), first);
});

Deno.test("openRecognizer() starts another engine when one breaks down", async () => {
  using recognizer = await openRecognizer(data);
  const noImage = undefined as unknown as Uint8Array;
  await assertRejects(() => recognizer.recognize(noImage), ParseFailure, "text recognition broke down");
  const text = await recognizer.recognize(imageBytes("page.png"));
  assertEquals(text.replace(/\s+/g, " "), FIRST_PAGE);
});

Deno.test("openRecognizer() can be open twice at once", async () => {
  using one = await openRecognizer(data);
  using other = await openRecognizer(data);
  const page = imageBytes("page.png");
  assertEquals(await one.recognize(page), await other.recognize(page));
});

Deno.test("openRecognizer() refuses a language that no package is for, and anything that is no name of one", async () => {
  const open = (ocrLanguage: string) => openRecognizer({ ...data, ocrLanguage });
  await assertRejects(() => open("no_such_language_of_ours"), ParseFailure, "no package with the language");
  await assertRejects(() => open("../eng"), RangeError, "data.ocr_language");
});

Deno.test("openRecognizer() reads nothing but the folder of packages", async () => {
  const file = new URL("../../../../lib/ingest/parsers/recognize.ts", import.meta.url);
  const program = `import { openRecognizer } from ${JSON.stringify(file.href)};
    using recognizer = await openRecognizer({ ocrLanguage: "eng" });
    const image = new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer());
    console.log((await recognizer.recognize(image)).replace(/\\s+/g, " "));`;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...[
        "run",
        "-q",
        "--no-prompt",
        "--no-check",
        "--ext=ts",
        `--allow-read=${await findPackageFolder()}`,
      ],
      `data:application/typescript,${encodeURIComponent(program)}`,
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(imageBytes("page.png"));
  await writer.close();
  const { stdout, stderr } = await child.output();
  assertEquals(new TextDecoder().decode(stderr), "");
  assertEquals(new TextDecoder().decode(stdout).trim(), FIRST_PAGE);
});
