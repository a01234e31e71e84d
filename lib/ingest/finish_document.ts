import type { FileKind } from "./file_kinds.ts";
import type { Config } from "../config/config.ts";
export interface FinishedDocument {
  text: string;
  language: string | null;
  dropped: string | null;
  removed: number;
  secrets: Record<string, number>;
  signature: Uint32Array | null;
}
export function finishDocument(
  text: string,
  { data }: { kind: FileKind; data: Config["data"] },
): FinishedDocument {
  return {
    text,
    language: null,
    dropped: text.trim().length < Math.max(1, data.minLength) ? "shorter than data.min_length" : null,
    removed: 0,
    secrets: {},
    signature: null,
  };
}
