// A single file packed with gzip: its one member is the file without the ending.

import { DAMAGED_GZIP, gunzip } from "./_gunzip.ts";
import { MemberGate, TOO_MUCH } from "./_members.ts";
import { type ParseEvent, ParseFailure, type ParseInput, type Parser } from "./parser.ts";

/** Reads .gz. */
export const gzipParser: Parser = { parse };

async function* parse({ name, bytes, data }: ParseInput): AsyncGenerator<ParseEvent> {
  const gate = new MemberGate(data);
  const member = name.replace(/\.gz(?:ip)?$/i, "").replace(/\.svgz$/i, ".svg") || "unnamed";
  // one byte stands for a size that only unpacking tells
  const found = gate.look({ name: member, sizeBytes: 1 });
  if (found === undefined || "type" in found) {
    if (found !== undefined) yield { ...found, bytes: 0 } as ParseEvent;
    return;
  }
  const limit = Math.min(data.maxOutput, data.maxFileBytes);
  const { content, problem } = await unpack(bytes, limit);
  if (problem === TOO_MUCH) {
    const reason = limit === data.maxFileBytes ? "larger than data.max_file_bytes" : TOO_MUCH;
    yield { type: "leftOut", name: found.path, bytes: content.length, status: "skipped", reason };
    return;
  }
  if (content.length === 0) {
    throw new ParseFailure(problem === undefined ? "skipped" : "failed", problem ?? "empty");
  }
  yield { type: "member", name: found.path, bytes: content };
  if (problem !== undefined) yield { type: "omitted", reason: problem };
}

/** The content as far as it goes, and why it goes no further. */
async function unpack(bytes: Uint8Array, limit: number): Promise<{ content: Uint8Array; problem?: string }> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  let problem: string | undefined;
  try {
    for await (const piece of gunzip(bytes)) {
      size += piece.length;
      if (size > limit) return { content: new Uint8Array(0), problem: TOO_MUCH };
      pieces.push(piece);
    }
  } catch (error) {
    if (!(error instanceof ParseFailure) || error.message !== DAMAGED_GZIP) throw error;
    problem = error.message;
  }
  const content = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    content.set(piece, at);
    at += piece.length;
  }
  return { content, problem };
}
