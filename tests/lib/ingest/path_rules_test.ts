import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../../../lib/common/errors.ts";
import { parsePathRules } from "../../../lib/ingest/path_rules.ts";

function matches(patterns: string[], path: string, isFolder = false): boolean {
  return parsePathRules(patterns, { key: "data.exclude" }).matches(path, { isFolder });
}

Deno.test("parsePathRules() matches a pattern without a slash at every depth", () => {
  assert(matches(["node_modules"], "node_modules", true));
  assert(matches(["node_modules"], "a/b/c/d/node_modules", true));
  assert(matches(["*.pyc"], "a/b/c/d/x.pyc"));
  assert(!matches(["*.pyc"], "a/b/x.pycc"));
});

Deno.test("parsePathRules() anchors a pattern with a slash", () => {
  assert(matches(["docs/*.md"], "docs/a.md"));
  assert(!matches(["docs/*.md"], "a/docs/a.md"));
  assert(!matches(["docs/*.md"], "docs/b/a.md"));
  assert(matches(["/top.txt"], "top.txt"));
  assert(!matches(["/top.txt"], "a/top.txt"));
  assert(matches(["docs/**/*.md"], "docs/a.md"));
  assert(matches(["docs/**/*.md"], "docs/b/c/a.md"));
  assert(matches(["**/b/*.md"], "b/a.md"));
});

Deno.test("parsePathRules() keeps a trailing slash for folders", () => {
  assert(matches(["build/"], "a/build", true));
  assert(!matches(["build/"], "a/build", false));
});

Deno.test("parsePathRules() lets the last pattern decide", () => {
  assert(!matches(["*.md", "!keep.md"], "a/keep.md"));
  assert(matches(["!keep.md", "*.md"], "a/keep.md"));
  assert(!matches(["", "# a comment"], "# a comment"));
});

Deno.test("parsePathRules() reads sets, escapes and characters beyond 16 bits", () => {
  assert(matches(["[a-c]?.t[!x]t"], "b1.txt") === false);
  assert(matches(["[a-c]?.t[!x]t"], "b1.tat"));
  assert(matches(["a\\*b"], "a*b"));
  assert(!matches(["a\\*b"], "axb"));
  assert(matches(["?.txt"], "\u{1f411}.txt"));
  assert(matches(["a+(b).txt"], "a+(b).txt"));
});

Deno.test("parsePathRules() refuses what is no pattern, naming the key", () => {
  for (const wrong of ["/", "[a", "[z-a]", "!"]) {
    const error = assertThrows(() => matches([wrong], "x"), UsageError);
    assert(error.message.includes(`"${wrong}" of data.exclude`), error.message);
  }
});

Deno.test("parsePathRules() agrees with npm's ignore", async () => {
  const { default: ignore } = await import("npm:ignore@7.0.16");
  const segment = fc.constantFrom("a", "b", "ab", "a.md", "b.md", ".git");
  const piece = fc.constantFrom("a", "b", "*", "**", "?", ".md", "a*", "[ab]", "[!a]", ".git");
  const pattern = fc.tuple(
    fc.constantFrom("", "!", "/"),
    fc.array(piece, { minLength: 1, maxLength: 3 }),
    fc.constantFrom("", "/"),
  ).map(([start, pieces, end]) => start + pieces.join("/") + end);
  const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
  fc.assert(
    fc.property(
      fc.array(pattern, { minLength: 1, maxLength: 4 }),
      path,
      fc.boolean(),
      (patterns, at, isFolder) => {
        const peer = ignore({ ignorecase: false }).add(patterns);
        // ignore also looks at the folders above, which a walk has already passed
        const above = at.split("/").slice(0, -1).map((_, index, parts) =>
          parts.slice(0, index + 1).join("/")
        );
        fc.pre(!above.some((folder) => peer.ignores(`${folder}/`)));
        assertEquals(matches(patterns, at, isFolder), peer.ignores(isFolder ? `${at}/` : at), `${patterns}`);
      },
    ),
    { numRuns: 2000 },
  );
});
