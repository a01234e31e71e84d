// Hostile text made fit for a page: nothing in a file name or a document can act on what surrounds it, and what would
// not be seen is shown.

import { escapeXml } from "../monitor/svg_text.ts";

// Controls, invisible separators, marks of direction, joiners, tags, private use: nothing to see, or it moves others.
const INVISIBLE =
  /\p{Cc}|\p{Cf}|\p{Co}|\p{Cs}|\p{Zl}|\p{Zp}|\p{Variation_Selector}|[\u00a0\u115f\u1160\u3164\uffa0]/gu;

/**
 * A text as HTML with every invisible character as a marked name, `\t` or `U+202E`, all on one line.
 *
 * @param text - anything
 * @param options.keepLines - line ends end lines
 */
export function visibleHtml(text: string, options: { readonly keepLines?: boolean } = {}): string {
  let html = "";
  let end = 0;
  for (const match of text.matchAll(INVISIBLE)) {
    html += escapeXml(text.slice(end, match.index));
    end = match.index + match[0].length;
    if (options.keepLines && match[0] === "\n") html += "\n";
    else html += `<span class="invisible">${nameOf(match[0])}</span>`;
  }
  return html + escapeXml(text.slice(end));
}

/** The same without mark-up, for tooltips and labels that are read aloud. */
export function visibleText(text: string): string {
  return escapeXml(text.replace(INVISIBLE, nameOf));
}

/** The first so many characters of a text, by code points. */
export function firstCharacters(text: string, count: number): string {
  let end = 0;
  for (let i = 0; i < count && end < text.length; i++) end += text.codePointAt(end)! > 0xffff ? 2 : 1;
  return text.slice(0, end);
}

function nameOf(character: string): string {
  const short: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0" };
  const code = character.codePointAt(0)!;
  return short[character] ?? `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}
