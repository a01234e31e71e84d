// One file's bytes to lines: finds out what it is, parses it, parses what is inside an archive, finishes every document.
// Runs in a parsing child; knows nothing of processes.

import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";
import type { Config } from "../config/config.ts";
import type { FileKind } from "./file_kinds.ts";
import { finishDocument, type FinishedDocument } from "./finish_document.ts";
import type { FileOutcome, ParseLine } from "./parse_lines.ts";
import { ParseFailure, type ParseInput } from "./parsers/parser.ts";
import { PARSERS } from "./parsers/parsers.ts";
import { sniffKind } from "./sniff_kind.ts";

/** Archives in archives are opened this deep. */
const MOST_DEPTH = 3;
/** Characters of a dropped document that are shown. */
const SAMPLE_LENGTH = 200;

/** A file, or a member of an archive. */
interface Place {
  /** Path inside the archive; empty for the file itself. */
  readonly member: string;
  /** Archives around it. */
  readonly depth: number;
}

/** What is learnt of a file while it is parsed. */
interface Account {
  pages: number;
  invalidBytes: number;
  removed: number;
  readonly secrets: Record<string, number>;
  readonly omitted: Set<string>;
  documents: number;
}

/**
 * Parses a file.
 *
 * @param input - name, bytes and settings
 * @returns documents and pages as they come, and for every member and at last for the file a line of what became of it
 */
export async function* parseFile(input: ParseInput): AsyncGenerator<ParseLine> {
  yield* parsePlace(input, { member: "", depth: 0 });
}

async function* parsePlace(input: ParseInput, place: Place): AsyncGenerator<ParseLine> {
  const found = input.location === undefined
    ? sniffKind(input.bytes.subarray(0, 4096), input.name, input.bytes)
    : "sqlite";
  const kind = typeof found === "string" ? found : null;
  const account: Account = {
    pages: 0,
    invalidBytes: 0,
    removed: 0,
    secrets: {},
    omitted: new Set(),
    documents: 0,
  };
  let ending: Pick<FileOutcome, "status" | "reason">;
  try {
    if (typeof found !== "string") throw new ParseFailure("skipped", found.reason);
    yield* parseKind(found, { input, place, account });
    const [reason] = account.omitted;
    ending = reason === undefined ? { status: "ok", reason: null } : { status: "partial", reason };
  } catch (error) {
    ending = failureOf(error);
    if (account.documents > 0) ending = { ...ending, status: "partial" };
  }
  const { pages, invalidBytes, removed, secrets } = account;
  yield {
    file: {
      member: place.member,
      kind,
      parser: kind === null ? null : PARSERS[kind].name,
      bytes: input.bytes.length,
      sha256: place.member === "" ? null : createHash("sha256").update(input.bytes).digest("hex"),
      ...ending,
      pages,
      invalidBytes,
      removed,
      secrets,
    },
  };
}

async function* parseKind(
  kind: FileKind,
  context: { readonly input: ParseInput; readonly place: Place; readonly account: Account },
): AsyncGenerator<ParseLine> {
  const { input, place, account } = context;
  for await (const event of PARSERS[kind].parse(input)) {
    switch (event.type) {
      case "document":
        yield finish(event.text, { kind, data: input.data, account });
        break;
      case "pages":
        account.pages = event.done;
        yield { pages: { done: event.done, total: event.total } };
        break;
      case "omitted":
        account.omitted.add(event.reason);
        break;
      case "invalidBytes":
        account.invalidBytes += event.count;
        break;
      case "member":
        yield* parseMember(event, { input, place });
    }
  }
}

async function* parseMember(
  { name, bytes }: { readonly name: string; readonly bytes: Uint8Array },
  around: { readonly input: ParseInput; readonly place: Place },
): AsyncGenerator<ParseLine> {
  const { input, place } = around;
  const member = place.member === "" ? name : `${place.member}/${name}`;
  if (place.depth === MOST_DEPTH) {
    yield { file: { ...emptyOutcome(member, bytes), status: "skipped", reason: "archive in an archive too deep" } };
    return;
  }
  const base = name.slice(name.lastIndexOf("/") + 1);
  yield* parsePlace({ name: base, bytes, data: input.data }, { member, depth: place.depth + 1 });
}

function emptyOutcome(member: string, bytes: Uint8Array): Omit<FileOutcome, "status" | "reason"> {
  return {
    member,
    kind: null,
    parser: null,
    bytes: bytes.length,
    sha256: null,
    pages: 0,
    invalidBytes: 0,
    removed: 0,
    secrets: {},
  };
}

function finish(
  text: string,
  about: { readonly kind: FileKind; readonly data: Config["data"]; readonly account: Account },
): ParseLine {
  const { kind, data, account } = about;
  const finished = finishDocument(text, { kind, data });
  account.removed += finished.removed;
  for (const [rule, count] of Object.entries(finished.secrets)) {
    account.secrets[rule] = (account.secrets[rule] ?? 0) + count;
  }
  if (finished.dropped !== null) {
    return { dropped: { reason: finished.dropped, sample: finished.text.slice(0, SAMPLE_LENGTH).toWellFormed() } };
  }
  account.documents++;
  return {
    document: { text: finished.text, language: finished.language, signature: signatureText(finished) },
  };
}

function signatureText({ signature }: FinishedDocument): string | null {
  if (signature === null) return null;
  return Buffer.from(signature.buffer, signature.byteOffset, signature.byteLength).toString("base64");
}

function failureOf(error: unknown): Pick<FileOutcome, "status" | "reason"> {
  if (error instanceof ParseFailure) return { status: error.status, reason: error.message };
  if (error instanceof RangeError && /memory|length/i.test(error.message)) {
    return { status: "failed", reason: "text larger than memory" };
  }
  return { status: "failed", reason: "damaged: the parser gave up" };
}
