// Aligned text for a terminal: columns, wrapped sentences, the width a text takes.

/** Columns of help texts; narrower terminals wrap by themselves. */
export const HELP_COLUMNS = 100;

// Hangul, kana, ideographs and full-width forms, from Unicode's East Asian Width.
const WIDE =
  /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{20000}-\u{3fffd}]$/u;

/**
 * Rows with aligned columns, two blanks apart.
 *
 * @param rows - cells of every row
 * @param options.right - columns aligned to the right, for numbers
 * @returns lines without blanks at their end
 */
export function formatColumns(
  rows: readonly (readonly string[])[],
  options: { right?: readonly number[]; indent?: string } = {},
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => widths[column] = Math.max(widths[column] ?? 0, textWidth(cell)));
  }
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const padding = " ".repeat(widths[column] - textWidth(cell));
      return options.right?.includes(column) ? padding + cell : cell + padding;
    });
    return ((options.indent ?? "") + cells.join("  ")).trimEnd();
  });
}

/** Columns a text takes on a terminal: two for East Asian characters and emoji, none for combining marks. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The beginning of a text that fits, ending in "..." where something was cut. */
export function fitText(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  const room = Math.max(0, columns - 3);
  let width = 0;
  let fitted = "";
  for (const character of text) {
    width += characterWidth(character);
    if (width > room) break;
    fitted += character;
  }
  return columns < 3 ? fitted : `${fitted}...`;
}

/** A text on one line without control characters: file names and messages cannot move the cursor. */
export function plainText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}]+/gu, " ");
}

/** A whole number with commas between thousands: `1,234,567`. */
export function formatCount(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/** A size with a unit: `64.0 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let size = bytes;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`;
}

/** What quantised weights take: `Weights: 1.3 MiB as q4, 9.0 MiB as f32, 6.9 times less`. */
export function formatWeights(
  quantize: string,
  { bytes, f32Bytes }: { bytes: number; f32Bytes: number },
): string {
  const ratio = bytes <= f32Bytes
    ? `${(f32Bytes / bytes).toFixed(1)} times less`
    : `${(bytes / f32Bytes).toFixed(1)} times more`;
  return `Weights: ${formatBytes(bytes)} as ${quantize}, ${formatBytes(f32Bytes)} as f32, ${ratio}`;
}

function characterWidth(character: string): number {
  if (/^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]$/u.test(character)) return 0;
  return /^\p{Emoji_Presentation}$/u.test(character) || WIDE.test(character) ? 2 : 1;
}

/** Minutes and seconds, with hours or days where there are some. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [days, hours, minutes] = [
    Math.floor(seconds / 86400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  const two = (value: number) => String(value).padStart(2, "0");
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
