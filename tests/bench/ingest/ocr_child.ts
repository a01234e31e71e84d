// Reads pages with no permission but to read them and the recogniser's folders; one JSON line a page. For ocr.ts.

import { defaultConfig } from "../../../lib/config/config.ts";
import { imageParser } from "../../../lib/ingest/parsers/image.ts";
import { openRecognizer } from "../../../lib/ingest/parsers/recognize.ts";

/** What reading a page gave and took. */
export interface PageRead {
  readonly text: string;
  readonly elapsedMs: number;
  /** Time until the recogniser was ready. */
  readonly startMs: number;
  /** Memory of the whole program after the page. */
  readonly rssBytes: number;
}

if (import.meta.main) {
  const { data } = defaultConfig();
  const opened = performance.now();
  (await openRecognizer(data)).close();
  const startMs = performance.now() - opened;
  for (const name of Deno.args) {
    const start = performance.now();
    const events = await Array.fromAsync(imageParser.parse({ name, bytes: await Deno.readFile(name), data }));
    const text = events.flatMap((event) => event.type === "document" ? [event.text] : []).join("\n");
    const read: PageRead = {
      text,
      elapsedMs: performance.now() - start,
      startMs,
      rssBytes: Deno.memoryUsage().rss,
    };
    console.log(JSON.stringify(read));
  }
}
