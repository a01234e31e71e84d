// Which files are text, and of what kind, by extension or by the whole name. The list is that of the field's
// data loaders: prose, mark-up, data and source code. Knows nothing of a file's content (decode_text.ts).

import { UsageError } from "../common/errors.ts";

/** How a file's text becomes documents: only `jsonl` is taken apart, the others are kept as they are. */
export type FileKind = "text" | "markdown" | "json" | "jsonl" | "code";

const EXTENSIONS: Readonly<Record<FileKind, string>> = {
  text: `
    txt text log rst adoc asciidoc org tex bib csv tsv xml html htm xhtml srt vtt po pot diff patch`,
  markdown: `
    md markdown mdown mkd mdx rmd qmd`,
  json: `
    json geojson webmanifest`,
  jsonl: `
    jsonl ndjson`,
  code: `
    py pyi pyx js mjs cjs ts mts cts jsx tsx java cpp cc cxx c h hpp hh hxx inl cs fs fsx fsi vb go rs rb php
    swift kt kts scala sc groovy gradle r jl m mm sql sh bash zsh fish ps1 psm1 bat cmd awk sed tcl yaml yml
    toml ini cfg conf properties vue svelte astro css scss sass less dart lua pl pm raku hs lhs ml mli
    elm ex exs erl hrl clj cljs cljc edn lisp lsp el scm rkt d nim zig v sv vhd vhdl f f90 f95 f03 for pas
    ada adb ads asm s cu cuh cl glsl vert frag comp hlsl metal wgsl proto thrift graphql gql tf hcl nix
    cmake mk mak am ac m4 bazel bzl vim jinja j2 tmpl hbs ejs pug twig sol move cairo wat coffee cr odin`,
};

const NAMES = new Map<string, FileKind>([
  ...kindPairs(
    "text",
    `readme license licence copying notice authors contributors changelog changes news todo install
    copyright`,
  ),
  ...kindPairs(
    "code",
    `makefile gnumakefile dockerfile containerfile vagrantfile jenkinsfile procfile rakefile gemfile justfile
    brewfile build workspace codeowners .editorconfig .gitignore .gitattributes .dockerignore .bashrc .zshrc
    .profile .vimrc`,
  ),
]);

const KINDS = new Map<string, FileKind>(
  (Object.keys(EXTENSIONS) as FileKind[]).flatMap((kind) => kindPairs(kind, EXTENSIONS[kind])),
);

/**
 * Kind of a file by its name, upper and lower case alike.
 *
 * @param name - file name without folders
 * @param extensions - `data.extensions`, `.txt` or `txt`; empty means the built-in list
 * @returns undefined when a folder walk should leave the file out
 */
export function fileKind(name: string, extensions: readonly string[]): FileKind | undefined {
  const lower = name.toLowerCase();
  const extension = extensionOf(lower);
  if (extensions.length === 0) return NAMES.get(lower) ?? KINDS.get(extension);
  return extensions.some((one) => normalizeExtension(one) === extension)
    ? KINDS.get(extension) ?? "text"
    : undefined;
}

/**
 * Brings an extension of the configuration into the form compared with: lower case, no dot.
 *
 * @throws {UsageError} when it is not an extension
 */
export function normalizeExtension(extension: string): string {
  const bare = extension.trim().toLowerCase().replace(/^\*?\./, "");
  if (/^[^./\\*?]+$/.test(bare)) return bare;
  throw new UsageError(
    `Cannot read files with the extension "${extension}": data.extensions takes single endings such as .txt`,
  );
}

/** The last ending of a lower-case name without its dot; empty for `makefile` and for `.bashrc`. */
function extensionOf(lower: string): string {
  const dot = lower.lastIndexOf(".");
  return dot > 0 ? lower.slice(dot + 1) : "";
}

function kindPairs(kind: FileKind, words: string): [string, FileKind][] {
  return words.trim().split(/\s+/).map((word) => [word, kind]);
}
