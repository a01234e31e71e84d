// JSON from a file that may be damaged or hostile: bounded in depth and keys, no key twice. JSON.parse keeps
// the last of two equal keys and overflows the stack on deep nesting; both are refused here first.

/** Thrown with the broken rule, without the file's name, which the caller adds. */
export class StrictJsonError extends Error {
  override name = "StrictJsonError";
}

/** How much a document may hold. */
export interface JsonLimits {
  /** Objects and arrays may nest this deep. */
  readonly maxDepth: number;
  /** One object may have this many keys. */
  readonly maxKeys: number;
}

/**
 * Parses JSON strictly.
 *
 * @param text - one JSON document
 * @throws {StrictJsonError} when the text is no JSON, goes past a limit or names a key twice
 */
export function parseStrictJson(text: string, limits: JsonLimits): unknown {
  walk(text, limits);
  try {
    return JSON.parse(text);
  } catch {
    throw new StrictJsonError("it is not valid JSON");
  }
}

/** One walk over the characters. Text that is no JSON may pass; JSON.parse refuses it afterwards. */
function walk(text: string, { maxDepth, maxKeys }: JsonLimits): void {
  const open: (Set<string> | null)[] = []; // keys of an object, null for an array
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) {
      const end = endOfString(text, i);
      const keys = open.at(-1);
      if (keys && isFollowedByColon(text, end)) addKey(keys, text.slice(i, end));
      if (keys && keys.size > maxKeys) {
        throw new StrictJsonError(`it has more than ${maxKeys} keys in one object`);
      }
      i = end - 1;
    } else if (code === 0x7b || code === 0x5b) { // { [
      open.push(code === 0x7b ? new Set() : null);
      if (open.length > maxDepth) throw new StrictJsonError(`it nests deeper than ${maxDepth} levels`);
    } else if (code === 0x7d || code === 0x5d) { // } ]
      open.pop();
    }
  }
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x5c) i++; // backslash
    else if (code === 0x22) return i + 1;
  }
  return text.length;
}

function isFollowedByColon(text: string, index: number): boolean {
  let i = index;
  while (" \t\r\n".includes(text.charAt(i)) && i < text.length) i++;
  return text.charAt(i) === ":";
}

function addKey(keys: Set<string>, literal: string): void {
  let key = literal.slice(1, -1);
  try {
    if (key.includes("\\")) key = JSON.parse(literal);
  } catch {
    throw new StrictJsonError("it is not valid JSON");
  }
  if (keys.has(key)) throw new StrictJsonError(`it names the key ${JSON.stringify(key.slice(0, 80))} twice`);
  keys.add(key);
}
