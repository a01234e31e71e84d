// Zip archives: every file in them is a member.

import { MemberGate, TOO_MUCH } from "./_members.ts";
import type { ZipEntry } from "./_zip_directory.ts";
import { openZip, type ZipEntries } from "./_zip_entries.ts";
import { type ParseEvent, ParseFailure, type ParseInput, type Parser } from "./parser.ts";

/** Reads .zip, and whatever else is a zip file but no document. */
export const zipParser: Parser = { parse };

/** Members of an archive; the account has a line for each. */
const MAX_ENTRIES = 1_000_000;
const LINK = "ZIP archive: a link";

async function* parse({ bytes, data }: ParseInput): AsyncGenerator<ParseEvent> {
  const zip = await openZip(bytes, { maxTotalBytes: Number.MAX_SAFE_INTEGER, maxEntries: MAX_ENTRIES });
  const gate = new MemberGate(data);
  for (const entry of zip.entries) {
    if (entry.isFolder) continue;
    const found = gate.look(memberOf(entry));
    if (found === undefined) continue;
    if ("type" in found) {
      yield found;
      continue;
    }
    if (!gate.take(entry.sizeBytes)) {
      yield { type: "omitted", reason: TOO_MUCH };
      return;
    }
    yield unpack(zip, { entry, path: found.path, maxBytes: data.maxFileBytes });
  }
}

function memberOf({ name, sizeBytes, refusal }: ZipEntry): Parameters<MemberGate["look"]>[0] {
  return refusal === LINK
    ? { name, sizeBytes, refusal: "archive member: a symbolic link" }
    : { name, sizeBytes, refusal, isFailure: true };
}

/** The member, or a line about a damaged one: those behind it may be whole. */
function unpack(
  zip: ZipEntries,
  { entry, path, maxBytes }: { entry: ZipEntry; path: string; maxBytes: number },
): ParseEvent {
  try {
    return { type: "member", name: path, bytes: zip.read(entry, maxBytes) };
  } catch (error) {
    if (!(error instanceof ParseFailure)) throw error;
    const { status, message } = error;
    return { type: "leftOut", name: path, bytes: entry.sizeBytes, status, reason: message };
  }
}
