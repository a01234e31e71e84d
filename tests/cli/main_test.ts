import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { main } from "../../cli/main.ts";
import type { Command, CommandCall } from "../../cli/command.ts";
import { UsageError } from "../../lib/common/errors.ts";
import { runSheepop, withFolder } from "./_sheepop.ts";

const MAIN = fromFileUrl(new URL("../../cli/main.ts", import.meta.url));

/** Calls `main` with one command that does what the test says, and gives back the call it got. */
async function callWith(
  command: Partial<Command>,
  args: string[],
): Promise<{ status: number; call: CommandCall | undefined; errors: string[] }> {
  let call: CommandCall | undefined;
  const probe: Command = {
    name: "probe",
    doc: "",
    examples: [],
    ...command,
    run: (received) => {
      call = received;
      return command.run?.(received) ?? Promise.resolve();
    },
  };
  const errors: string[] = [];
  const write = console.error;
  console.error = (text: unknown) => errors.push(String(text));
  try {
    const entry = { name: "probe", summary: "", load: () => Promise.resolve(probe) };
    return { status: await main(["probe", ...args], [entry]), call, errors };
  } finally {
    console.error = write;
  }
}

Deno.test("main() hands a command its flags and arguments", async () => {
  const { status, call } = await callWith({
    flags: [
      { name: "resume", value: "RUN", isValueOptional: true, doc: "" },
      { name: "epochs", value: "N", kind: "number", doc: "" },
      { name: "tag", value: "T", isRepeatable: true, doc: "" },
      { name: "fast", doc: "" },
    ],
    positional: { name: "X", doc: "", max: 2 },
  }, ["a", "--resume", "--epochs=-1.5", "--tag", "x", "--tag", "y", "--debug", "b"]);
  assertEquals(status, 0);
  assert(call !== undefined);
  assertEquals([call.isSet("resume"), call.text("resume")], [true, ""]);
  assertEquals([call.number("epochs"), call.texts("tag")], [-1.5, ["x", "y"]]);
  assertEquals([call.isSet("fast"), call.text("fast"), call.isDebug], [false, undefined, true]);
  assertEquals(call.positionals, ["a", "b"]);
});

Deno.test("main() refuses a wrong number before the command begins", async () => {
  const flags = [{ name: "epochs", value: "N", kind: "integer", min: 1, doc: "" }] as const;
  const { status, call, errors } = await callWith({ flags }, ["--epochs", "1.5"]);
  assertEquals([status, call], [2, undefined]);
  assertEquals(errors, ['sheepop: Cannot use --epochs "1.5": it must be an integer of at least 1']);
});

Deno.test("main() says what a flag without effect is good for", async () => {
  const flags = [{ name: "optimized", doc: "", notice: "this is always on" }];
  const { status, errors } = await callWith({ flags }, ["--optimized"]);
  assertEquals([status, errors], [0, ["sheepop: --optimized: this is always on"]]);
});

Deno.test("main() gives the exit status of the command", async () => {
  assertEquals((await callWith({ run: () => Promise.resolve(4) }, [])).status, 4);
});

Deno.test("main() turns a UsageError into one line and its exit status", async () => {
  const run = () => Promise.reject(new UsageError("Cannot lock\nit: \x1b[31mpid 3", { exitStatus: 5 }));
  const { status, errors } = await callWith({ run }, []);
  assertEquals([status, errors], [5, ["sheepop: Cannot lock it:  [31mpid 3"]]);
});

Deno.test("main() shows the stack of an unexpected error with --debug only", async () => {
  const run = () => Promise.reject(new Error("Internal: out of luck"));
  const plain = await callWith({ run }, []);
  assertEquals(plain.status, 1);
  assertEquals(plain.errors, [
    "sheepop: internal error: Internal: out of luck",
    "sheepop: add --debug to see where it arose",
  ]);
  const debug = await callWith({ run }, ["--debug"]);
  assertStringIncludes(debug.errors[0], "main_test.ts");
});

Deno.test("sheepop --help is fast, complete and loads no command", async () => {
  const started = performance.now();
  const { code, stdout, stderr } = await runSheepop(["--help"]);
  const elapsedMs = performance.now() - started;
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, "Exit status:");
  assertEquals((await runSheepop([])).stdout, stdout);
  assertEquals((await runSheepop(["help"])).stdout, stdout);
  // 60 ms on an idle machine; the limit only tells that nothing heavy was loaded.
  assert(elapsedMs < 2000, `${elapsedMs} ms`);
  const graph = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", MAIN] }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(graph.stdout)) as { modules: GraphModule[] };
  const loaded = staticImports(modules, `file://${MAIN}`);
  assertEquals(
    loaded.filter((url) => /npm:|\/\.std\/|jsr:|kernels\/|cli\/(ingest|config)\.ts/.test(url)),
    [],
  );
});

interface GraphModule {
  readonly specifier: string;
  readonly dependencies?: readonly { isDynamic?: boolean; code?: { specifier?: string } }[];
}

function staticImports(modules: readonly GraphModule[], start: string): string[] {
  const loaded = new Set<string>();
  const waiting = [start];
  for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
    if (loaded.has(url)) continue;
    loaded.add(url);
    const { dependencies } = modules.find(({ specifier }) => specifier === url) ?? {};
    for (const { isDynamic, code } of dependencies ?? []) {
      if (!isDynamic && code?.specifier) waiting.push(code.specifier);
    }
  }
  return [...loaded];
}

Deno.test("sheepop COMMAND --help wins over every mistake beside it", async () => {
  const asked = await runSheepop(["config", "--help"]);
  assertEquals(asked.code, 0);
  assertStringIncludes(asked.stdout, "Usage: sheepop config show|schema|init [FILE]");
  assertEquals((await runSheepop(["help", "config"])).stdout, asked.stdout);
  assertEquals((await runSheepop(["config", "a", "b", "c", "-h"])).stdout, asked.stdout);
});

Deno.test("sheepop --version names the version", async () => {
  const { code, stdout } = await runSheepop(["--version"]);
  assertEquals(code, 0);
  assert(/^sheepop \d+\.\d+\.\d+ \(Deno .*\)\n$/.test(stdout), stdout);
});

const MISTAKES: [string[], string][] = [
  [["confgi"], "sheepop: Cannot run sheepop confgi: there is no such command; did you mean config?\n"],
  [["xyzzy"], "sheepop: Cannot run sheepop xyzzy: there is no such command; see sheepop --help\n"],
  [
    ["--config"],
    "sheepop: Cannot run sheepop --config: a command comes first, and this is a flag; did you mean config?\n",
  ],
  [
    ["config", "show", "--d-modle", "3"],
    "sheepop: Cannot run sheepop config: unknown flag --d-modle; did you mean --d-model?\n",
  ],
  [["config", "show", "--d-model", "-5"], "write --d-model=-5\n"],
  [
    ["config", "show", "--d-model=1e3x"],
    'sheepop: Cannot use --d-model "1e3x": model.d_model must be an integer',
  ],
  [
    ["config", "show", "--config", "nowhere.yaml"],
    "sheepop: Cannot read nowhere.yaml: there is no such file",
  ],
];

for (const [args, message] of MISTAKES) {
  Deno.test(`sheepop ${args.join(" ")} ends with one line and status 2`, async () => {
    const { code, stdout, stderr } = await runSheepop(args);
    assertEquals([code, stdout], [2, ""]);
    assertStringIncludes(stderr, message);
    assertEquals(stderr.split("\n").length, 2, stderr);
  });
}

Deno.test("sheepop ends quietly when the reader of its output goes away", async () => {
  const script = `"$0" run --no-check -A "$1" config --help | head -n 1; echo "\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = await new Deno.Command("bash", {
    args: ["-c", `trap '' PIPE; ${script}`, Deno.execPath(), MAIN],
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert(/^Usage: .*\n0\n$/.test(text), text);
  assertEquals(new TextDecoder().decode(stderr), "");
});

Deno.test("sheepop runs without colours and on a small dumb terminal", async () => {
  const { code, stdout } = await runSheepop(["config", "show"], {
    env: { TERM: "dumb", COLUMNS: "20", LANG: "C" },
  });
  assertEquals(code, 0);
  assert(!stdout.includes("\x1b"));
});

Deno.test("sheepop config show needs no more than read and environment permission", async () => {
  await withFolder({}, async (cwd) => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--no-prompt", "--allow-read", "--allow-env", MAIN, "config", "show"],
      cwd,
    }).output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
    const less = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--no-prompt", "--allow-read", MAIN, "config", "show"],
      cwd,
    }).output();
    assertEquals(less.code, 1);
    assertStringIncludes(
      new TextDecoder().decode(less.stderr),
      "sheepop: Cannot continue without permission: ",
    );
  });
});
