// Pictures as PNG, by resvg compiled to WebAssembly. The only file that knows the renderer and its fonts.
// The renderer leaves text out without a word when it has no font, so a missing font is an error here.

/** Why there is no PNG, as the end of a sentence. */
export class PngUnavailable extends Error {
  override name = "PngUnavailable";
}

// Two pixels of PNG for each of SVG: sharp on today's screens and in print.
const ZOOM = 2;
const PACKAGED_FONTS = ["latin-400", "latin-600", "latin-ext-400", "cyrillic-400", "greek-400"];
const SYSTEM_FONTS = [
  "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
  "/usr/share/fonts/truetype/liberation/LiberationSans-Bold.ttf",
  "/usr/share/fonts/liberation-sans/LiberationSans-Regular.ttf",
  "/usr/share/fonts/liberation-sans/LiberationSans-Bold.ttf",
  "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
  "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf",
  "/System/Library/Fonts/Supplemental/Arial.ttf",
  "/System/Library/Fonts/Supplemental/Arial Bold.ttf",
  "C:\\Windows\\Fonts\\arial.ttf",
  "C:\\Windows\\Fonts\\arialbd.ttf",
];

/**
 * Draws an SVG document as PNG, twice its size in pixels.
 *
 * @param svg - a document whose fonts are those of `svgText()`
 * @throws {PngUnavailable} when the renderer or every font is missing, as on a machine that was never online
 */
export async function svgToPng(svg: string): Promise<Uint8Array> {
  try {
    const { Resvg, initWasm } = await import("npm:@resvg/resvg-wasm@2.6.2");
    const wasm = await Deno.readFile(
      new URL(import.meta.resolve("npm:@resvg/resvg-wasm@2.6.2/index_bg.wasm")),
    );
    await initWasm(wasm).catch((error: Error) => {
      if (!error.message.includes("Already initialized")) throw error;
    });
    const font = { fontBuffers: await readFonts(), defaultFontFamily: "Inter", sansSerifFamily: "Inter" };
    const renderer = new Resvg(svg, { font, fitTo: { mode: "zoom", value: ZOOM } });
    try {
      return renderer.render().asPng();
    } finally {
      renderer.free();
    }
  } catch (error) {
    if (error instanceof PngUnavailable) throw error;
    const [reason] = (error as Error).message.split("\n");
    throw new PngUnavailable(`the renderer could not be loaded (${reason})`, { cause: error });
  }
}

/** The packaged font, so that a picture looks the same on every machine, or else one of the system. */
async function readFonts(): Promise<Uint8Array[]> {
  try {
    // the package holds no code; importing its description makes Deno fetch it
    await import("npm:@fontsource/inter@5.3.0/package.json", { with: { type: "json" } });
    return await Promise.all(PACKAGED_FONTS.map((name) => {
      const file = `npm:@fontsource/inter@5.3.0/files/inter-${name}-normal.woff2`;
      return Deno.readFile(new URL(import.meta.resolve(file)));
    }));
  } catch {
    const fonts = await Promise.all(SYSTEM_FONTS.map((path) => Deno.readFile(path).catch(() => undefined)));
    const found = fonts.filter((font) => font !== undefined);
    if (found.length > 0) return found;
    throw new PngUnavailable("no font was found");
  }
}
