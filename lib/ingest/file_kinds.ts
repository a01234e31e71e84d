// The kinds of files sheepop reads and what a name alone says about them, by extension or by the whole name. The list
// is that of the field's data loaders: prose, mark-up, data, source code, documents, pictures and archives. Knows
// nothing of a file's content (sniff_kind.ts).

import { UsageError } from "../common/errors.ts";

/** How a file's content becomes documents; each kind has its parser. */
export type FileKind =
  | "text"
  | "markdown"
  | "rst"
  | "latex"
  | "html"
  | "xml"
  | "json"
  | "jsonl"
  | "csv"
  | "notebook"
  | "code"
  | "pdf"
  | "image"
  | "docx"
  | "odt"
  | "epub"
  | "parquet"
  | "sqlite"
  | "zip"
  | "tar"
  | "gzip";

const EXTENSIONS: Readonly<Record<FileKind, string>> = {
  text: `
    txt text log adoc asciidoc org textile wiki mediawiki bib srt vtt ass lrc po pot diff patch eml ics vcf`,
  markdown: `
    md markdown mdown mkd mkdn mdx rmd qmd`,
  rst: `
    rst rest`,
  latex: `
    tex latex ltx`,
  html: `
    html htm xhtml shtml`,
  xml: `
    xml svg rss atom rdf owl kml gpx opml xlf xliff tmx tei fb2 dita dbk fodt`,
  json: `
    json geojson topojson jsonld webmanifest har`,
  jsonl: `
    jsonl ndjson jsonlines ldjson`,
  csv: `
    csv tsv tab psv`,
  notebook: `
    ipynb`,
  code: `
    py pyi pyx pxd js mjs cjs ts mts cts jsx tsx java cpp cc cxx c h hpp hh hxx inl ino cs fs fsx fsi vb go rs rb php
    swift kt kts scala sc groovy gradle r jl m mm sql sh bash zsh fish ksh ps1 psm1 bat cmd awk sed tcl yaml yml
    toml ini cfg conf properties json5 jsonc hjson vue svelte astro css scss sass less styl dart lua pl pm raku hs
    lhs ml mli elm ex exs erl hrl clj cljs cljc edn lisp lsp el scm rkt d nim zig v sv vhd vhdl f f90 f95 f03 for
    pas ada adb ads cob cbl asm s cu cuh cl glsl vert frag comp hlsl metal wgsl proto thrift avsc graphql gql tf
    hcl nix dtd xsd xsl xslt wsdl xaml csproj fsproj vbproj vcxproj plist sty bst dtx cmake mk mak am ac m4 bazel
    bzl star vim jinja j2 tmpl hbs mustache ejs erb pug twig haml sol move cairo wat coffee cr odin gd lean agda
    idr purs re res hx ahk applescript nsi pro qml rules service desktop dockerignore`,
  pdf: `
    pdf`,
  image: `
    png jpg jpeg jpe jfif gif bmp dib tif tiff webp`,
  docx: `
    docx docm dotx`,
  odt: `
    odt ott`,
  epub: `
    epub`,
  parquet: `
    parquet pq`,
  sqlite: `
    sqlite sqlite3 db3`,
  zip: `
    zip`,
  tar: `
    tar tgz`,
  gzip: `
    gz gzip`,
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
 * @returns undefined for a name that says nothing, so that the content decides
 */
export function fileKind(name: string): FileKind | undefined {
  const lower = name.toLowerCase();
  if (lower.length > ".tar.gz".length && /\.tar\.gz(?:ip)?$/.test(lower)) return "tar";
  return NAMES.get(lower) ?? KINDS.get(extensionOf(lower));
}

/**
 * Whether a file's name ends as `data.extensions` asks.
 *
 * @param name - file name without folders
 * @param extensions - `.txt` or `txt`; an empty list takes every name
 * @throws {UsageError} when one of them is not an extension
 */
export function hasExtension(name: string, extensions: readonly string[]): boolean {
  if (extensions.length === 0) return true;
  const extension = extensionOf(name.toLowerCase());
  return extensions.some((one) => normalizeExtension(one) === extension);
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
