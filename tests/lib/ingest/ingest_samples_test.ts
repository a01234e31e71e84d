import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { defaultConfig } from "../../../lib/config/config.ts";
import { ingest } from "../../../lib/ingest/ingest.ts";
import { allRows, manifestOf } from "./ingest_fixture.ts";

Deno.test("ingest() reads the papers of the sample corpus: a PDF, a scan and a web page", async () => {
  const cache = await Deno.makeTempDir({ prefix: "sheepop-samples-" });
  try {
    const config = defaultConfig();
    config.data.paths = [fromFileUrl(new URL("../../../data/samples/papers", import.meta.url))];
    config.data.outputDir = cache;
    const { dir, summary } = await ingest(config);
    assertEquals(summary.files, { seen: 3, ok: 3, partial: 0, skipped: 0, failed: 0 });
    const lines = await manifestOf(dir);
    assertEquals(lines.map(({ path, kind, pages, language }) => [path, kind, pages, language]), [
      ["papers/handbook.pdf", "pdf", 3, "en"],
      ["papers/letter.png", "image", 1, "en"],
      ["papers/wool_fair.html", "html", null, "en"],
    ]);
    // one of them may be cut in two for validation
    const text = (await allRows(dir)).map((row) => row.text).join("").replaceAll(/\s+/g, " ");
    for (
      const words of [
        "Straightforwardness is welcome in every neighbourhood", // divided at a line end
        "and it is better not to know who that is. ## What not to do", // from one column to the next
        "Your wool is spun and hangs in the loft.",
        "The politest dog Bell She held the gate open",
      ]
    ) assertStringIncludes(text, words);
    for (const words of ["Printed for the flock", "Third printing", "addEventListener", "font-family"]) {
      assert(!text.includes(words), words);
    }
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
});
