// How long an ingest takes: many small files, one worker and two, a bomb, a PDF of 10,000 pages. Every figure is of the
// whole command with a cache of its own.

import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { BarRow, IngestBench } from "./bar_row.ts";
import { makeLongPdf } from "./long_pdf.ts";

const SMALL_FILES = 10_000;
const PDF_PAGES = 10_000;
const ROOT = new URL("../../../", import.meta.url).pathname;

/** Times of whole ingests. */
export const speed: IngestBench = {
  name: "speed",
  title: "Speed and limits of an ingest",
  needs: {},
  async run(folder: string): Promise<BarRow[]> {
    return [
      ...await smallFiles(join(folder, "small")),
      ...await workers(join(folder, "workers")),
      await bomb(join(folder, "bomb")),
      ...await longPdf(join(folder, "pdf")),
    ];
  },
};

interface Ingested {
  readonly seconds: number;
  /** Most memory of the parent, and of the parent with its children. */
  readonly parentBytes: number;
  readonly treeBytes: number;
  readonly output: string;
}

/** Runs `sheepop ingest` and watches its memory. */
async function ingestTimed(path: string, flags: readonly string[]): Promise<Ingested> {
  const args = ["run", "-q", "-A", `${ROOT}cli/main.ts`, "ingest", path, ...flags];
  const startedAt = performance.now();
  const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "piped" }).spawn();
  let parentBytes = 0;
  let treeBytes = 0;
  const watch = setInterval(() => {
    const parent = rssOf(child.pid);
    const tree = parent + childrenOf(child.pid).reduce((sum, pid) => sum + rssOf(pid), 0);
    parentBytes = Math.max(parentBytes, parent);
    treeBytes = Math.max(treeBytes, tree);
  }, 50);
  const { stdout, stderr } = await child.output();
  clearInterval(watch);
  const output = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  return { seconds: (performance.now() - startedAt) / 1000, parentBytes, treeBytes, output };
}

function rssOf(pid: number): number {
  try {
    return 4096 * Number(Deno.readTextFileSync(`/proc/${pid}/statm`).split(" ")[1]);
  } catch {
    return 0; // it has ended
  }
}

function childrenOf(pid: number): number[] {
  try {
    const pids = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim();
    const main = pids === "" ? [] : pids.split(" ").map(Number);
    const others = [...Deno.readDirSync(`/proc/${pid}/task`)].filter(({ name }) => name !== String(pid));
    const more = others.flatMap(({ name }) => {
      const found = Deno.readTextFileSync(`/proc/${pid}/task/${name}/children`).trim();
      return found === "" ? [] : found.split(" ").map(Number);
    });
    return [...main, ...more];
  } catch {
    return [];
  }
}

function words(count: number, seed: number): string {
  let state = seed + 1;
  const list: string[] = [];
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    list.push((state % 46656).toString(36) + (i % 12 === 11 ? ".\n" : ""));
  }
  return list.join(" ");
}

async function write(path: string, content: string | Uint8Array): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  if (typeof content === "string") await Deno.writeTextFile(path, content);
  else await Deno.writeFile(path, content);
}

async function smallFiles(folder: string): Promise<BarRow[]> {
  for (let i = 0; i < SMALL_FILES; i++) {
    await write(join(folder, "texts", `${i % 100}`, `${i}.txt`), words(500, i));
  }
  const flags = ["--output-dir", join(folder, "cache")];
  const cold = await ingestTimed(join(folder, "texts"), flags);
  const warm = await ingestTimed(join(folder, "texts"), flags);
  return [
    row("10,000 small text files, cold", cold.seconds, 20),
    row("10,000 small text files, warm", warm.seconds, 2),
  ];
}

/** HTML pages: our own parsing behind a package's tokens. */
async function workers(folder: string): Promise<BarRow[]> {
  for (let i = 0; i < 1200; i++) {
    const paragraphs = Array.from({ length: 200 }, (_, p) => `<p>${words(120, i * 1000 + p)}</p>`).join("\n");
    await write(
      join(folder, "pages", `${i}.html`),
      `<html><title>Page ${i}</title><body>${paragraphs}</body></html>`,
    );
  }
  for (let i = 0; i < 8; i++) await makeLongPdf(join(folder, "papers", `${i}.pdf`), { pages: 800, seed: i });
  const rows: BarRow[] = [];
  for (const [name, bar] of [["pages", 1.5], ["papers", 1.35]] as const) {
    const seconds: number[][] = [[], []];
    for (let round = 0; round < 3; round++) {
      for (const count of [1, 2]) {
        const cache = join(folder, `cache-${name}-${round}-${count}`);
        const flags = ["--output-dir", cache, "--workers", `${count}`];
        seconds[count - 1].push((await ingestTimed(join(folder, name), flags)).seconds);
      }
    }
    const [one, two] = seconds.map((list) => Math.min(...list));
    rows.push({
      what: `${name}: two workers against one (${one.toFixed(1)} s, ${two.toFixed(1)} s)`,
      ours: `${(one / two).toFixed(2)} x`,
      bar: `>= ${bar} x`,
      reached: one / two >= bar,
    });
  }
  return rows;
}

/** A gzip file in a gzip file: a few kB that unpack to gigabytes. */
async function bomb(folder: string): Promise<BarRow> {
  const inner = gzipSync(new Uint8Array(2000 * 2 ** 20), { level: 9 });
  const outer = gzipSync(inner, { level: 9 });
  await write(join(folder, "quiet", "a.txt"), words(500, 1));
  await write(join(folder, "loud", "a.txt"), words(500, 1));
  await write(join(folder, "loud", "bomb.gz.gz"), outer);
  const quiet = await ingestTimed(join(folder, "quiet"), ["--output-dir", join(folder, "c1")]);
  const loud = await ingestTimed(join(folder, "loud"), ["--output-dir", join(folder, "c2")]);
  const more = (loud.parentBytes - quiet.parentBytes) / 2 ** 20;
  const seconds = loud.seconds - quiet.seconds;
  return {
    what: `a bomb of ${(outer.length / 1000).toFixed(1)} kB is stopped; the parent takes more`,
    ours: `${seconds.toFixed(1)} s, ${more.toFixed(0)} MiB`,
    bar: "<= 2 s, 100 MiB",
    reached: seconds <= 2 && more <= 100,
  };
}

async function longPdf(folder: string): Promise<BarRow[]> {
  await makeLongPdf(join(folder, "papers", "long.pdf"), { pages: PDF_PAGES, seed: 1 });
  const { seconds, treeBytes } = await ingestTimed(join(folder, "papers"), [
    "--output-dir",
    join(folder, "cache"),
  ]);
  const mb = treeBytes / 1e6;
  return [
    row("a PDF of 10,000 pages", seconds, 60),
    {
      what: "memory for it, parent and child",
      ours: `${mb.toFixed(0)} MB`,
      bar: "<= 600 MB",
      reached: mb <= 600,
    },
  ];
}

function row(what: string, seconds: number, bar: number): BarRow {
  return { what, ours: `${seconds.toFixed(1)} s`, bar: `<= ${bar} s`, reached: seconds <= bar };
}
