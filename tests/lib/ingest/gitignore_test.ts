import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { join } from "node:path";
import { walkFiles } from "../../../lib/ingest/walk.ts";
import type { Config } from "../../../lib/config/config.ts";
import { enterFolder, isIgnored, openIgnoreChain } from "../../../lib/ingest/gitignore.ts";
import { git, HAS_GIT } from "./git_fixture.ts";
import { openCorpus } from "./ingest_fixture.ts";

async function found(config: Config): Promise<string[]> {
  const walked = await Array.fromAsync(walkFiles(config));
  return walked.filter((one) => !("status" in one)).map(({ path }) => path.replace("corpus/", "")).sort();
}

Deno.test("openIgnoreChain() sees the repository around a folder", async () => {
  await using corpus = await openCorpus({
    "repo/.git/HEAD": "ref",
    "repo/a/b/c.txt": "x",
    "plain/a.txt": "x",
  });
  assertEquals(await openIgnoreChain(join(corpus.path, "repo/a/b")), { files: [] });
  assertEquals(await openIgnoreChain(join(corpus.path, "plain")), undefined);
});

Deno.test("enterFolder() and isIgnored() let the deepest file decide, with negation and anchors", async () => {
  await using corpus = await openCorpus({
    ".git/info/exclude": "secret.txt\n*.bak\n",
    ".gitignore": "# comment\n*.log\n/top.txt\nbuild/\n!keep.log\n[broken\n\\#odd\n",
    "a/.gitignore": "!*.log\n/only_here.txt\n",
  });
  const root = await enterFolder(undefined, {
    location: corpus.path,
    below: "",
    names: new Set([".git", ".gitignore", "a"]),
  });
  const a = await enterFolder(root, {
    location: join(corpus.path, "a"),
    below: "a",
    names: new Set([".gitignore"]),
  });
  const ignored = (chain: typeof root, path: string, isFolder = false) =>
    isIgnored(chain, path, { isFolder });
  assertEquals(["x.log", "keep.log", "top.txt", "b/top.txt", "#odd"].map((path) => ignored(root, path)), [
    true,
    false,
    true,
    false,
    true,
  ]);
  assertEquals([ignored(root, "build", true), ignored(root, "build"), ignored(root, "secret.txt")], [
    true,
    false,
    true,
  ]);
  assertEquals(
    ["a/x.log", "a/only_here.txt", "a/b/only_here.txt", "a/y.bak"].map((path) => ignored(a, path)),
    [
      false,
      true,
      false,
      true,
    ],
  );
});

Deno.test("walkFiles() leaves out what .gitignore names, inside of repositories and unless told otherwise", async () => {
  await using corpus = await openCorpus({
    ".gitignore": "*.txt\n", // no repository here
    "plain.txt": "x",
    "repo/.git/HEAD": "ref",
    "repo/.gitignore": "out/\n*.tmp\n",
    "repo/out/a.txt": "x",
    "repo/b.tmp": "x",
    "repo/c.txt": "x",
    "repo/sub/.git": "gitdir: elsewhere", // a submodule begins anew
    "repo/sub/d.tmp": "x",
  });
  const files = [".gitignore", "plain.txt", "repo/.gitignore", "repo/c.txt", "repo/sub/d.tmp"];
  assertEquals(await found(corpus.config()), files);
  assertEquals(
    await found(corpus.config({ gitignore: false })),
    [...files, "repo/b.tmp", "repo/out/a.txt"].sort(),
  );
  const reasons = await Array.fromAsync(
    walkFiles(corpus.config()),
    (one) => "status" in one ? one.reason : null,
  );
  assertEquals(reasons.filter((reason) => reason === "ignored by .gitignore").length, 2);
});

Deno.test("walkFiles() takes a folder that is named itself, whatever is said above it", async () => {
  await using corpus = await openCorpus({
    ".git/HEAD": "ref",
    ".gitignore": "data/\n*.csv\n",
    "data/.gitignore": "*.tmp\n",
    "data/a.csv": "x",
    "data/b.tmp": "x",
  });
  const walked = await Array.fromAsync(walkFiles(corpus.config({ paths: [join(corpus.path, "data")] })));
  assertEquals(walked.filter((one) => !("status" in one)).map(({ path }) => path), [
    "data/.gitignore",
    "data/a.csv",
  ]);
});

Deno.test({
  name: "walkFiles() finds what git finds, whatever the patterns",
  ignore: !HAS_GIT,
  async fn() {
    await using corpus = await openCorpus();
    const names = ["a", "b", "ab", "a.md", "b.log", "[x]", "#c", "d e"];
    for (const one of names) {
      await corpus.add({ [one]: "x", [`f/${one}`]: "x", [`f/g/${one}`]: "x", [`g/f/${one}`]: "x" });
    }
    await git(corpus.path, "init", "--quiet");
    const piece = fc.constantFrom(
      "a",
      "b*",
      "*",
      "**",
      "?",
      "*.md",
      "[ab]",
      "[!a]*",
      "f",
      "g",
      "\\[x\\]",
      "\\#c",
      "d e",
    );
    const pattern = fc.tuple(
      fc.constantFrom("", "!", "/"),
      fc.array(piece, { minLength: 1, maxLength: 3 }),
      fc.constantFrom("", "/", " "),
    ).map(([start, pieces, end]) => start + pieces.join("/") + end);
    const file = fc.array(pattern, { maxLength: 4 }).map((patterns) => patterns.join("\n"));
    await fc.assert(
      fc.asyncProperty(file, file, async (top, inner) => {
        await corpus.add({ ".gitignore": top, "f/.gitignore": inner });
        const theirs = await git(corpus.path, "ls-files", "-z", "--others", "--exclude-standard");
        const expected = theirs.split("\0").filter((path) => path !== "" && !path.endsWith(".gitignore"))
          .sort();
        const exclude = [".git", ".gitignore"];
        assertEquals(await found(corpus.config({ exclude })), expected, JSON.stringify([top, inner]));
      }),
      { numRuns: 60 },
    );
  },
});
