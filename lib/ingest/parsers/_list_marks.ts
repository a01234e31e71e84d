// Numbers of list items in letters, as office formats count.

/** 1 to 26 as a to z, then aa, bb; others in digits. */
export function letterNumber(number: number): string {
  if (!(number >= 1 && number <= 26 * 9)) return String(number);
  return String.fromCharCode(97 + (number - 1) % 26).repeat(Math.ceil(number / 26));
}

/** Roman numerals in small letters from 1 to 3,999; others in digits. */
export function romanNumber(number: number): string {
  if (!(number >= 1 && number < 4000)) return String(number);
  let left = number;
  let text = "";
  for (const [value, numeral] of NUMERALS) {
    text += numeral.repeat(Math.floor(left / value));
    left %= value;
  }
  return text;
}

// deno-fmt-ignore
const NUMERALS: readonly (readonly [number, string])[] = [
  [1000, "m"], [900, "cm"], [500, "d"], [400, "cd"], [100, "c"], [90, "xc"],
  [50, "l"], [40, "xl"], [10, "x"], [9, "ix"], [5, "v"], [4, "iv"], [1, "i"],
];
