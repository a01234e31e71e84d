// What all archives have in common: rules decide about each member, and what has been unpacked is limited.

import { memberRules } from "../member_rules.ts";
import type { ParseEvent, ParseInput } from "./parser.ts";

/** Reason of an archive that is not read to its end. */
export const TOO_MUCH = "expands to more than data.max_output";

/** A member before it is unpacked. */
export interface Member {
  /** Path as it stands in the archive. */
  readonly name: string;
  /** Size as claimed. */
  readonly sizeBytes: number;
  /** Why it is not read whatever the settings say. */
  readonly refusal?: string;
  /** Whether that is an error; else it is no content for us. */
  readonly isFailure?: boolean;
}

/** Decides about the members of one archive in turn. */
export class MemberGate {
  readonly #data: ParseInput["data"];
  readonly #rule: ReturnType<typeof memberRules>;
  #takenBytes = 0;

  constructor(data: ParseInput["data"]) {
    this.#data = data;
    this.#rule = memberRules(data);
  }

  /**
   * Whether a member is to be unpacked.
   *
   * @returns its path, what to tell about it, or nothing where all has been told
   */
  look(member: Member): { readonly path: string } | ParseEvent | undefined {
    const { name, sizeBytes, refusal } = member;
    const ruling = this.#rule(name);
    if (ruling === "named before") return undefined;
    const { path } = ruling;
    const about = { type: "leftOut", name: path, bytes: sizeBytes } as const;
    if ("reason" in ruling) return { ...about, status: "skipped", reason: ruling.reason };
    if (refusal !== undefined) {
      return { ...about, status: member.isFailure ? "failed" : "skipped", reason: refusal };
    }
    if (sizeBytes === 0) return { ...about, status: "skipped", reason: "empty" };
    if (sizeBytes > this.#data.maxFileBytes) {
      return { ...about, status: "skipped", reason: "larger than data.max_file_bytes" };
    }
    return { path };
  }

  /** Counts bytes that are to be unpacked; false when they are too many. */
  take(sizeBytes: number): boolean {
    this.#takenBytes += sizeBytes;
    return this.#takenBytes <= this.#data.maxOutput;
  }
}
