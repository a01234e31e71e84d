import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { UsageError } from "../../../lib/common/errors.ts";
import { cloneRepository, isRepositoryUrl, shownUrl } from "../../../lib/ingest/git_clone.ts";
import { walkFiles } from "../../../lib/ingest/walk.ts";
import { openTempFolder } from "../common/temp_folder.ts";
import { commitFiles, git, HAS_GIT } from "./git_fixture.ts";
import { openCorpus } from "./ingest_fixture.ts";

Deno.test("isRepositoryUrl() tells URLs from paths", () => {
  for (
    const url of [
      "https://a.b/c.git",
      "ssh://git@a/c",
      "git@a.b:c/d",
      "file:///a/b",
      "http://a",
      "ext::sh -c x",
    ]
  ) {
    assert(isRepositoryUrl(url), url);
  }
  for (const path of ["a/b", "/a/b.git", "C:\\texts", "a@b", "notes:old", "-x@a:b", "git@a"]) {
    assert(!isRepositoryUrl(path), path);
  }
});

Deno.test("shownUrl() hides who asks", () => {
  assertEquals(shownUrl("https://me:secret@a.b/c.git?token=x"), "https://a.b/c.git");
  assertEquals(shownUrl("git@a.b:c/d"), "git@a.b:c/d");
});

Deno.test("cloneRepository() refuses other protocols and hosts that are options", async () => {
  for (
    const url of ["http://a/b", "git://a/b", "ext::sh -c x", "ssh://-oProxyCommand=x/y", "https://u@-x/y"]
  ) {
    await assertRejects(() => cloneRepository(url, { folder: "/nowhere" }), UsageError, "only https://");
  }
});

Deno.test({
  name: "cloneRepository() brings the newest commit and brings it up to date",
  ignore: !HAS_GIT,
  async fn() {
    await using temp = await openTempFolder();
    const source = join(temp.path, "source.git");
    await Deno.mkdir(source);
    await commitFiles(source, { "a.txt": "first", "b/c.txt": "old" });
    const url = `file://${source}`;
    const folder = join(temp.path, "repositories");
    const cloned = await cloneRepository(url, { folder });
    assertEquals(cloned.name, "source");
    assertEquals(await Deno.readTextFile(join(cloned.location, "b/c.txt")), "old");
    await Deno.writeTextFile(join(cloned.location, "stray.txt"), "x");
    await Deno.remove(join(source, "b/c.txt"));
    await commitFiles(source, { "a.txt": "second" });
    assertEquals(await cloneRepository(url, { folder }), cloned);
    assertEquals(await Deno.readTextFile(join(cloned.location, "a.txt")), "second");
    assertEquals([...Deno.readDirSync(cloned.location)].map(({ name }) => name).sort(), [".git", "a.txt"]);
    assertEquals((await git(cloned.location, "rev-list", "--count", "HEAD")).trim(), "1");
  },
});

Deno.test({
  name: "cloneRepository() begins anew where a run was killed, and touches no repository around it",
  ignore: !HAS_GIT,
  async fn() {
    await using temp = await openTempFolder();
    await commitFiles(temp.path, { "mine.txt": "committed" });
    await Deno.writeTextFile(join(temp.path, "mine.txt"), "not yet committed");
    await Deno.writeTextFile(join(temp.path, "untracked.txt"), "x");
    const source = join(temp.path, "source");
    await Deno.mkdir(source);
    await commitFiles(source, { "a.txt": "text" });
    const folder = join(temp.path, "repositories");
    const { location } = await cloneRepository(`file://${source}`, { folder });
    await Deno.remove(join(location, ".git/HEAD"));
    await Deno.writeTextFile(join(location, "half.txt"), "x");
    await cloneRepository(`file://${source}`, { folder });
    assertEquals([...Deno.readDirSync(location)].map(({ name }) => name).sort(), [".git", "a.txt"]);
    assertEquals(await Deno.readTextFile(join(temp.path, "mine.txt")), "not yet committed");
    assertEquals(await Deno.readTextFile(join(temp.path, "untracked.txt")), "x");
  },
});

Deno.test({
  name: "cloneRepository() runs no hook and asks nothing",
  ignore: !HAS_GIT || Deno.build.os === "windows",
  async fn() {
    await using temp = await openTempFolder();
    const source = join(temp.path, "source");
    await Deno.mkdir(source);
    await commitFiles(source, {
      "a.txt": "text",
      ".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = ext::sh -c true\n',
    });
    const hooks = join(temp.path, "hooks");
    await Deno.mkdir(hooks);
    const trace = join(temp.path, "trace");
    for (const hook of ["post-checkout", "reference-transaction", "post-index-change"]) {
      await Deno.writeTextFile(join(hooks, hook), `#!/bin/sh\ntouch "${trace}"\n`, { mode: 0o755 });
    }
    const config = join(temp.path, "config");
    await Deno.writeTextFile(config, `[core]\n\thooksPath = ${hooks}\n`);
    const before = Deno.env.get("GIT_CONFIG_GLOBAL");
    Deno.env.set("GIT_CONFIG_GLOBAL", config);
    try {
      await cloneRepository(`file://${source}`, { folder: join(temp.path, "repositories") });
    } finally {
      if (before === undefined) Deno.env.delete("GIT_CONFIG_GLOBAL");
      else Deno.env.set("GIT_CONFIG_GLOBAL", before);
    }
    await assertRejects(() => Deno.stat(trace), Deno.errors.NotFound);
  },
});

Deno.test({
  name: "cloneRepository() says in one line why not, without the password",
  ignore: !HAS_GIT,
  async fn() {
    await using temp = await openTempFolder();
    const missing = `file://me:secret@${temp.path}/nothing`;
    const error = await assertRejects(() => cloneRepository(missing, { folder: temp.path }), UsageError);
    assert(error.message.startsWith(`Cannot clone file://${temp.path}/nothing: `), error.message);
    assert(error.message.includes("data.paths"), error.message);
    assert(!/secret|\n/.test(error.message), error.message);
    const path = Deno.env.get("PATH")!;
    Deno.env.set("PATH", temp.path);
    try {
      await assertRejects(
        () => cloneRepository("https://example.invalid/a", { folder: temp.path }),
        UsageError,
        "git was not found; install git",
      );
    } finally {
      Deno.env.set("PATH", path);
    }
  },
});

Deno.test({
  name: "cloneRepository() ends with its signal",
  ignore: !HAS_GIT || Deno.build.os === "windows",
  async fn() {
    await using temp = await openTempFolder();
    // a git that hangs
    await Deno.writeTextFile(join(temp.path, "git"), "#!/bin/sh\nexec sleep 60\n", { mode: 0o755 });
    const path = Deno.env.get("PATH")!;
    Deno.env.set("PATH", `${temp.path}:${path}`);
    try {
      const startedAt = performance.now();
      const signal = AbortSignal.timeout(100);
      await assertRejects(
        () => cloneRepository("https://example.invalid/a", { folder: temp.path, signal }),
        DOMException,
      );
      assert(performance.now() - startedAt < 5000);
    } finally {
      Deno.env.set("PATH", path);
    }
  },
});

Deno.test({
  name: "walkFiles() walks a repository given by its URL",
  ignore: !HAS_GIT,
  async fn() {
    await using corpus = await openCorpus();
    await commitFiles(corpus.path, { "a.txt": "text", "out/b.txt": "text", ".gitignore": "out/\n" });
    const paths = [`file://${corpus.path}`];
    const walked = await Array.fromAsync(
      walkFiles(corpus.config({ paths })),
      (one) => [one.path, "status" in one],
    );
    assertEquals(walked, [
      ["corpus/.git", true],
      ["corpus/.gitignore", false],
      ["corpus/a.txt", false],
      ["corpus/out", true],
    ]);
  },
});
