// Digits and signs above or below the line have characters of their own in Unicode; letters stay as they are.

const RAISED = new Map(Array.from("0123456789+-()n", (char, at) => [char, "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿ"[at]]));
const LOWERED = new Map(Array.from("0123456789+-()", (char, at) => [char, "₀₁₂₃₄₅₆₇₈₉₊₋₍₎"[at]]));

/**
 * Writes a text above or below the line.
 *
 * @returns the text itself when one of its characters cannot stand there
 */
export function shiftedText(text: string, place: "above" | "below"): string {
  const shifted = place === "above" ? RAISED : LOWERED;
  const chars = [...text.slice(0, 20)];
  const isShort = text.length <= 20 && chars.every((char) => shifted.has(char));
  return isShort ? chars.map((char) => shifted.get(char)).join("") : text;
}
