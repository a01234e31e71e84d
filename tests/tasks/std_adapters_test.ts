// What sheepop relies on in `@std`. Runs against whichever answers, the real packages or tasks/std_adapters/.

import {
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertGreater,
  assertInstanceOf,
  AssertionError,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  fail,
} from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import { copy, emptyDir, ensureDir, exists } from "@std/fs";
import { walk } from "@std/fs/walk";
import {
  basename,
  dirname,
  extname,
  fromFileUrl,
  isAbsolute,
  join,
  relative,
  resolve,
  toFileUrl,
} from "@std/path";
import { assertSpyCall, assertSpyCalls, returnsNext, spy, stub } from "@std/testing/mock";
import { FakeTime } from "@std/testing/time";
import { parse as parseToml } from "@std/toml";
import { parse as parseYaml, stringify as stringifyYaml } from "@std/yaml";

Deno.test("parseArgs() takes values, numbers, switches, lists and positionals", () => {
  const args = [
    "train",
    "--max-steps",
    "5",
    "--name=007",
    "--quiet",
    "--no-plots",
    "--stop",
    "a",
    "--stop=b",
    "-v",
    "7",
  ];
  const flags = parseArgs(args, {
    string: ["name", "stop"],
    boolean: ["quiet", "plots", "verbose"],
    negatable: ["plots"],
    collect: ["stop"],
    alias: { verbose: "v" },
    default: { plots: true, seed: 42 },
  });
  assertEquals<unknown>(flags, {
    _: ["train", 7],
    "max-steps": 5,
    name: "007",
    quiet: true,
    plots: false,
    stop: ["a", "b"],
    verbose: true,
    v: true,
    seed: 42,
  });
});

Deno.test("parseArgs() hands unknown names to the caller and keeps what follows --", () => {
  const seen: unknown[] = [];
  const flags = parseArgs(["--good", "1", "--bad=2", "x", "--", "--y"], {
    string: ["good"],
    "--": true,
    unknown: (arg, key, value) => {
      seen.push([arg, key, value]);
      return key === undefined;
    },
  });
  assertEquals<unknown>(flags, { _: ["x"], good: "1", "--": ["--y"] });
  assertEquals(seen, [["--bad=2", "bad", "2"], ["x", undefined, undefined]]);
});

Deno.test("parseArgs() stops at the first positional when told", () => {
  const flags = parseArgs(["--a", "run", "--b", "1"], { boolean: ["a"], stopEarly: true });
  assertEquals<unknown>(flags, { _: ["run", "--b", "1"], a: true });
});

Deno.test("yaml parse() and stringify() agree, and a key may not stand twice", () => {
  const text =
    "model:\n  d_model: 64\n  tie_weights: true\n  learning_rate: 1e-3\ndata:\n  paths: [a, 'b c']\n";
  const value = parseYaml(text);
  assertEquals(value, {
    model: { d_model: 64, tie_weights: true, learning_rate: 0.001 },
    data: { paths: ["a", "b c"] },
  });
  assertEquals(parseYaml(stringifyYaml(value)), value);
  assertEquals(parseYaml(""), null);
  assertThrows(() => parseYaml("a: 1\na: 2\n"), SyntaxError);
  assertThrows(() => parseYaml("a: [1"), SyntaxError);
  assertThrows(() => parseYaml("a: !!js/function 'x'"), SyntaxError);
  assertThrows(() => parseYaml("a: 1\n---\nb: 2\n"), SyntaxError);
});

Deno.test("toml parse() reads tables", () => {
  assertEquals(parseToml('[model]\nd_model = 64\npaths = ["a"]\n'), { model: { d_model: 64, paths: ["a"] } });
  assertThrows(() => parseToml("a = "), Error);
});

Deno.test("path functions take paths apart and put them together", () => {
  const path = join("/a", "..", "b", "c.tar.gz");
  assertEquals([path, dirname(path), basename(path), basename(path, ".gz"), extname(path)], [
    "/b/c.tar.gz",
    "/b",
    "c.tar.gz",
    "c.tar",
    ".gz",
  ]);
  assertEquals([resolve("/a", "b"), relative("/a/b", "/a/c"), isAbsolute("a")], ["/a/b", "../c", false]);
  assertEquals(fromFileUrl(toFileUrl("/a b")), "/a b");
});

Deno.test("fs functions walk, copy and empty folders", async () => {
  const root = await Deno.makeTempDir();
  try {
    await ensureDir(join(root, "a/b"));
    await Deno.writeTextFile(join(root, "a/b/c.txt"), "c");
    await copy(join(root, "a"), join(root, "z"));
    const paths = await Array.fromAsync(
      walk(root, { includeDirs: false, exts: ["txt"] }),
      (entry) => entry.path,
    );
    assertEquals(paths.sort(), [join(root, "a/b/c.txt"), join(root, "z/b/c.txt")]);
    const shallow = await Array.fromAsync(walk(root, { maxDepth: 1, skip: [/z$/] }), (entry) => entry.name);
    assertEquals(shallow.sort(), ["a", basename(root)].sort());
    await emptyDir(join(root, "z"));
    assertEquals([await exists(join(root, "z")), await exists(join(root, "z/b"))], [true, false]);
    await assertRejects(() => copy(join(root, "a"), join(root, "z")), Deno.errors.AlreadyExists);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("assertions pass what is equal", () => {
  assertEquals(new Float32Array([1, NaN]), new Float32Array([1, NaN]));
  assertEquals({ a: [new Map([[1, new Set(["x"])]])] }, { a: [new Map([[1, new Set(["x"])]])] });
  assertNotEquals<unknown>(new Float32Array([1]), new Float64Array([1]));
  assertNotEquals<unknown>({ a: undefined }, {});
  assertAlmostEquals(0.1 + 0.2, 0.3);
  assertExists(0);
  assertGreater(2, 1);
  assertLessOrEqual(1, 1);
  assertMatch("abc", /b/);
  assertStringIncludes("abc", "bc");
  assertArrayIncludes([1, 2, 3], [3, 1]);
  assertInstanceOf(new TypeError(), Error);
});

Deno.test("assertions fail with AssertionError", async () => {
  const failures: (() => unknown)[] = [
    () => assert(false),
    () => assertEquals([1], [2]),
    () => assertNotEquals(1, 1),
    () => assertStrictEquals({}, {}),
    () => assertAlmostEquals(1, 1.1),
    () => assertExists(undefined),
    () => assertGreater(1, 1),
    () => assertStringIncludes("a", "b"),
    () => assertInstanceOf(1, Error),
    () => assertThrows(() => {}),
    () =>
      assertThrows(() => {
        throw new TypeError("other");
      }, RangeError),
    () =>
      assertThrows(
        () => {
          throw new TypeError("other");
        },
        TypeError,
        "text",
      ),
    () => fail(),
  ];
  for (const failure of failures) assertThrows(failure, AssertionError);
  await assertRejects(() => assertRejects(() => Promise.resolve(1)), AssertionError);
  const error = await assertRejects(() => Promise.reject(new RangeError("far off")), RangeError, "far");
  assertEquals(error.message, "far off");
});

Deno.test("spy() and stub() keep calls and put methods back", () => {
  const double = spy((x: number) => 2 * x);
  assertEquals(double(2), 4);
  assertSpyCalls(double, 1);
  assertSpyCall(double, 0, { args: [2], returned: 4 });
  const target = { name: (): string => "real" };
  {
    using stubbed = stub(target, "name", returnsNext(["one", "two"]));
    assertEquals([target.name(), target.name()], ["one", "two"]);
    assertSpyCalls(stubbed, 2);
    assertThrows(() => assertSpyCalls(stubbed, 1), AssertionError);
  }
  assertEquals(target.name(), "real");
});

Deno.test("FakeTime moves timers and dates", async () => {
  const seen: string[] = [];
  {
    using time = new FakeTime(1_000);
    setTimeout(() => seen.push(`late ${Date.now()}`), 50);
    const interval = setInterval(() => seen.push(`tick ${new Date().getTime()}`), 20);
    clearTimeout(setTimeout(() => seen.push("never"), 10));
    time.tick(45);
    await time.tickAsync(5);
    clearInterval(interval);
    time.runAll();
    assertEquals(time.now, 1_050);
    assert(new Date() instanceof Date);
  }
  assertEquals(seen, ["tick 1020", "tick 1040", "late 1050"]);
  assertGreater(Date.now(), 1_000_000);
});
