// Reads PDFs as a parser's process does, with no permission but to read them and the parser's folders. One JSON line a
// file: a line of its path on standard input asks for it. For pdf.ts.

import { defaultConfig } from "../../../lib/config/config.ts";
import { ParseFailure } from "../../../lib/ingest/parsers/parser.ts";
import { pdfParser } from "../../../lib/ingest/parsers/pdf.ts";

/** What reading a file gave and took. */
export interface PdfRead {
  readonly text: string;
  readonly pages: number;
  readonly elapsedMs: number;
  /** Most memory of the whole program after any page. */
  readonly peakBytes: number;
}

/** Between looks at the memory. */
const PAGES_A_LOOK = 50;

async function readPdf(path: string): Promise<PdfRead> {
  const bytes = await Deno.readFile(path);
  const start = performance.now();
  const read = { text: "", pages: 0, peakBytes: 0 };
  try {
    for await (const event of pdfParser.parse({ name: "read.pdf", bytes, data: defaultConfig().data })) {
      if (event.type === "document") read.text += event.text;
      if (event.type !== "pages") continue;
      read.pages = event.done;
      if (event.done % PAGES_A_LOOK === 0) read.peakBytes = Math.max(read.peakBytes, Deno.memoryUsage().rss);
    }
  } catch (error) {
    // a drawing has no words: nothing is measured then
    if (!(error instanceof ParseFailure)) throw error;
  }
  return { ...read, elapsedMs: performance.now() - start };
}

if (import.meta.main) {
  const decoded = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
  let rest = "";
  for await (const chunk of decoded) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const path of lines) console.log(JSON.stringify(await readPdf(path)));
  }
}
