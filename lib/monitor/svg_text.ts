// Text in SVG: escaping, and widths good enough to place a legend without a font at hand.

/** Font of every picture: what the PNG is drawn with first, then what systems have. */
export const CHART_FONT =
  "Inter, 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";

/**
 * A text element.
 *
 * @param at - pixels of the start of its baseline, or of what `text-anchor` among the attributes says
 * @param attributes - further attributes as they are to be written
 */
export function svgText(at: readonly [number, number], text: string, attributes = ""): string {
  const space = attributes === "" ? "" : " ";
  return `<text x="${at[0]}" y="${at[1]}"${space}${attributes}>${escapeXml(text)}</text>`;
}

/** Makes any text, such as a folder's name, harmless inside XML. What XML cannot hold becomes U+FFFD. */
export function escapeXml(text: string): string {
  return text.toWellFormed()
    // deno-lint-ignore no-control-regex -- these are the ones XML 1.0 forbids
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Width of a text in a sans-serif font, pixels, right to a few in a hundred. */
export function textWidth(text: string, fontSize: number): number {
  let width = 0;
  for (const character of text) {
    if ("ijlI.,:;'| \u00a0".includes(character)) width += 0.27;
    else if ("frt1-!()/".includes(character)) width += 0.37;
    else if ("mwMW%@".includes(character)) width += 0.88;
    else width += /[A-Z]/.test(character) ? 0.68 : 0.59;
  }
  return width * fontSize;
}
