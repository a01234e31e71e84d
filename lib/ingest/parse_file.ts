// One file's bytes to lines: finds out what it is, parses it, parses what is inside an archive, finishes every document.
// Runs in a parsing child; knows nothing of processes.

import { Buffer } from "node:buffer";
import { basename } from "node:path/posix";
import { sha256 } from "../common/hash.ts";
import type { Config } from "../config/config.ts";
import type { StrangeCounts } from "./clean_text.ts";
import type { FileKind } from "./file_kinds.ts";
import { countCharacters } from "./count_characters.ts";
import { finishDocument, type FinishedDocument } from "./finish_document.ts";
import { type FileOutcome, PACKAGE_IS_MISSING, type ParseLine, unreadOutcome } from "./parse_lines.ts";
import { type ParseEvent, ParseFailure, type ParseInput } from "./parsers/parser.ts";
import { PARSER_NAMES } from "./parsers/parser_names.ts";
import { PARSERS } from "./parsers/parsers.ts";
import { HEAD_BYTES, sniffKind } from "./sniff_kind.ts";

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

/** Something of a file that is missing. */
type Omitted = Extract<ParseEvent, { type: "omitted" }>;

/** What is learnt of a file while it is parsed. */
interface Account {
  pages: number;
  invalidBytes: number;
  readonly strange: Partial<StrangeCounts>;
  readonly secrets: Record<string, number>;
  /** What is missing, by reason. */
  readonly omitted: Map<string, Omitted>;
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
  const found = sniffKind(input.bytes.subarray(0, HEAD_BYTES), input.name, { bytes: input.bytes });
  const kind = typeof found === "string" ? found : null;
  const account: Account = {
    pages: 0,
    invalidBytes: 0,
    strange: {},
    secrets: {},
    omitted: new Map(),
    documents: 0,
  };
  let ending: Pick<FileOutcome, "status" | "reason" | "detail">;
  try {
    if (typeof found !== "string") throw new ParseFailure("skipped", found.reason);
    yield* parseKind(found, { input, place, account });
    const [omitted] = account.omitted.values();
    ending = omitted === undefined
      ? { status: "ok", reason: null }
      : { status: "partial", reason: omitted.reason, detail: detailOf(omitted) };
  } catch (error) {
    ending = failureOf(error);
    if (account.documents > 0) ending = { ...ending, status: "partial" };
  }
  const { pages, invalidBytes, strange, secrets } = account;
  yield {
    file: {
      member: place.member,
      kind,
      parser: kind === null ? null : PARSER_NAMES[kind],
      bytes: input.bytes.length,
      sha256: place.member === "" ? null : sha256(input.bytes),
      ...ending,
      pages,
      invalidBytes,
      strange,
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
        account.omitted.set(event.reason, event);
        break;
      case "invalidBytes":
        account.invalidBytes += event.count;
        break;
      case "member":
        yield* parseMember(event, { input, place });
        break;
      case "leftOut": {
        const { status, reason } = event;
        yield { file: { ...unreadOutcome(memberPath(event, place), event.bytes), status, reason } };
      }
    }
  }
}

async function* parseMember(
  { name, bytes }: { readonly name: string; readonly bytes: Uint8Array },
  around: { readonly input: ParseInput; readonly place: Place },
): AsyncGenerator<ParseLine> {
  const { input, place } = around;
  const member = memberPath({ name }, place);
  if (place.depth === MOST_DEPTH) {
    yield {
      file: {
        ...unreadOutcome(member, bytes.length),
        status: "skipped",
        reason: "archive in an archive too deep",
      },
    };
    return;
  }
  yield* parsePlace({ name: basename(name), bytes, data: input.data }, { member, depth: place.depth + 1 });
}

function memberPath({ name }: { readonly name: string }, { member }: Place): string {
  return member === "" ? name : `${member}/${name}`;
}

function finish(
  text: string,
  about: { readonly kind: FileKind; readonly data: Config["data"]; readonly account: Account },
): ParseLine {
  const { kind, data, account } = about;
  const finished = finishDocument(text, { kind, data });
  for (const [name, count] of Object.entries(finished.strange) as [keyof StrangeCounts, number][]) {
    if (count > 0) account.strange[name] = (account.strange[name] ?? 0) + count;
  }
  for (const [rule, count] of Object.entries(finished.secrets)) {
    account.secrets[rule] = (account.secrets[rule] ?? 0) + count;
  }
  if (finished.dropped !== null) {
    return {
      dropped: { reason: finished.dropped, sample: finished.text.slice(0, SAMPLE_LENGTH).toWellFormed() },
    };
  }
  account.documents++;
  return {
    document: {
      text: finished.text,
      characters: countCharacters(finished.text),
      language: finished.language,
      signature: signatureText(finished),
    },
  };
}

function signatureText({ signature }: FinishedDocument): string | null {
  if (signature === null) return null;
  return Buffer.from(signature.buffer, signature.byteOffset, signature.byteLength).toString("base64");
}

/** How much is missing and where that begins. */
function detailOf({ count, firstLine }: Omitted): string | undefined {
  if (count === undefined) return undefined;
  return `${count}${firstLine === undefined ? "" : `, the first in line ${firstLine}`}`;
}

function failureOf(error: unknown): Pick<FileOutcome, "status" | "reason"> {
  if (error instanceof ParseFailure) return { status: error.status, reason: error.message };
  if (error instanceof RangeError && /memory|length/i.test(error.message)) {
    return { status: "failed", reason: "text larger than memory" };
  }
  const isPackage = error instanceof TypeError && /npm|loading http/i.test(error.message);
  return {
    status: "failed",
    reason: isPackage ? PACKAGE_IS_MISSING : "damaged: the parser gave up",
  };
}
