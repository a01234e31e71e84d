// Reports as JSON, with keys as everywhere in files: `max_binding_bytes`.

/** A report as indented JSON, ending in a line break. */
export function formatJson(report: unknown): string {
  return `${JSON.stringify(snakeKeys(report), null, 2)}\n`;
}

function snakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      return [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), snakeKeys(member)];
    }),
  );
}
