// The sections of the ingest report that are about files: kinds, sizes, folders, reasons, the largest and the slowest,
// and what parsed them.

import { escapeXml } from "../monitor/svg_text.ts";
import { stackedBar } from "./_report_charts.ts";
import {
  countOf,
  dot,
  formatCount,
  formatDuration,
  formatLarge,
  formatSize,
  legend,
  moreLine,
  pathHtml,
  type Row,
  rows,
  section,
  statusBar,
  statusCounts,
  wordsHtml,
} from "./_report_parts.ts";
import { countEntries, type FileStatus, type IngestSummary, type ManifestEntry } from "./manifest.ts";

const MAX_KINDS = 24;
const MAX_FOLDERS = 14;
const MAX_DEPTH = 5;
const MAX_REASONS = 40;
const NUM_EXAMPLES = 3;
const NUM_FILES = 10;

/** Which statuses the files of each kind have. */
export function kindsSection({ kinds, files }: IngestSummary): string {
  const list = Object.entries(kinds);
  const shown: Row[] = list.slice(0, MAX_KINDS).map(([kind, counts]) => ({
    name: escapeXml(kind),
    chart: statusBar(counts),
    value: statusCounts(counts),
  }));
  shown.push({ name: "all", chart: statusBar(files), value: statusCounts(files), look: "total" });
  const note =
    "Each bar is all files of a kind; what is rare is drawn wider than it is, so that it is seen. " +
    "<i>other</i> is folders left out and names that no text has.";
  return section(
    { title: "Files by kind", note, look: "statuses" },
    rows(shown) + moreLine(list.length - MAX_KINDS, "kind"),
  );
}

/** How large the files of each kind are, and how much text they gave. */
export function sizesSection({ kinds }: IngestSummary): string {
  const list = Object.entries(kinds).filter(([, counts]) => counts.bytes > 0)
    .sort(([, a], [, b]) => b.bytes - a.bytes);
  if (list.length === 0) return "";
  const most = Math.max(...list.map(([, { bytes, characters }]) => Math.max(bytes, characters)));
  const bar = (label: string, color: string, value: number) =>
    stackedBar([{ label, color, value }], { share: value / most, height: 9 });
  const shown = list.slice(0, MAX_KINDS).map(([kind, { bytes, characters }]) => ({
    name: escapeXml(kind),
    chart: bar(formatSize(bytes), "skipped", bytes) +
      bar(`${formatLarge(characters)} characters`, "ok", characters),
    value: `${formatSize(bytes)}<br>${formatLarge(characters)} characters`,
  }));
  const key = legend([{ color: "skipped", text: "size of the files, bytes" }, {
    color: "ok",
    text: "text kept, characters",
  }]);
  return section(
    { title: "Sizes", note: "How much each kind holds, and how much text came of it.", look: "half" },
    rows(shown, "small") + moreLine(list.length - MAX_KINDS, "kind") + key,
  );
}

/** Which folders hold what could not be read; nothing when there is but one. */
export function foldersSection(entries: readonly ManifestEntry[]): string {
  const folders = foldersOf(entries);
  if (folders.size < 2) return "";
  const list = [...folders].map(([path, inside]) => ({ path, counts: countEntries(inside).files }));
  const trouble = ({ counts }: typeof list[number]) => counts.failed + counts.partial;
  list.sort((a, b) => trouble(b) - trouble(a) || b.counts.seen - a.counts.seen || (a.path < b.path ? -1 : 1));
  const shown = list.slice(0, MAX_FOLDERS).map(({ path, counts }) => ({
    name: pathHtml(path),
    chart: statusBar(counts),
    value: statusCounts(counts),
  }));
  return section(
    { title: "Files by folder", note: "Those with failed and partial files first.", look: "statuses" },
    rows(shown) + moreLine(list.length - MAX_FOLDERS, "folder"),
  );
}

/** Why files are not `ok`, with examples. */
export function reasonsSection(entries: readonly ManifestEntry[]): string {
  const reasons = new Map<string, { status: FileStatus; reason: string; paths: string[] }>();
  for (const { status, reason, path } of entries) {
    if (status === "ok") continue;
    const key = `${status} ${reason}`;
    const found = reasons.get(key) ?? { status, reason: reason ?? "no reason given", paths: [] };
    found.paths.push(path);
    reasons.set(key, found);
  }
  if (reasons.size === 0) return "";
  const rank = ({ status }: { status: FileStatus }) => ["failed", "partial", "skipped"].indexOf(status);
  const list = [...reasons.values()].sort((a, b) =>
    rank(a) - rank(b) || b.paths.length - a.paths.length || (a.reason < b.reason ? -1 : 1)
  );
  const most = Math.max(...list.map(({ paths }) => paths.length));
  const items = list.slice(0, MAX_REASONS).map(({ status, reason, paths }) => {
    const label = countOf(paths.length, "file");
    const bar = stackedBar([{ label, color: status, value: paths.length }], {
      share: paths.length / most,
      height: 9,
    });
    const examples = paths.slice(0, NUM_EXAMPLES).map((path) => `<li>${pathHtml(path)}</li>`).join("");
    return `<li><div><div class="cause"><span>${dot(status)}${wordsHtml(reason)}</span>` +
      `<b>${formatCount(paths.length)}</b></div>${bar}</div>` +
      `<ul class="examples">${examples}${moreExamples(paths.length)}</ul></li>`;
  });
  return section(
    { title: "Why files are not ok", note: "Failed first, then partial, then skipped; with examples." },
    `<ul class="rows reasons">\n${items.join("\n")}\n</ul>` + moreLine(list.length - MAX_REASONS, "reason"),
  );
}

/** The largest files. */
export function largestSection(entries: readonly ManifestEntry[]): string {
  return filesSection(entries, {
    title: "Largest files",
    value: (entry) => entry.bytes,
    format: formatSize,
  });
}

/** The files that took longest to parse. */
export function slowestSection(entries: readonly ManifestEntry[]): string {
  return filesSection(entries, {
    title: "Slowest files",
    value: (entry) => entry.elapsedMs,
    format: formatDuration,
  });
}

/** What parsed how many files, and how fast. */
export function parsersSection(entries: readonly ManifestEntry[]): string {
  const parsers = new Map<string, ManifestEntry[]>();
  for (const entry of entries) {
    if (entry.parser === null) continue;
    const files = parsers.get(entry.parser);
    if (files === undefined) parsers.set(entry.parser, [entry]);
    else files.push(entry);
  }
  if (parsers.size === 0) return "";
  const list = [...parsers].sort(([a, one], [b, two]) => two.length - one.length || (a < b ? -1 : 1));
  const lines = list.map(([name, files]) => {
    const sum = (of: (entry: ManifestEntry) => number) =>
      files.reduce((total, entry) => total + of(entry), 0);
    const [pages, bytes, ms] = [
      sum((one) => one.pages ?? 0),
      sum((one) => one.bytes),
      sum((one) => one.elapsedMs),
    ];
    const cells = [
      formatCount(files.length),
      pages === 0 ? "" : formatCount(pages),
      formatSize(bytes),
      ms === 0 ? "" : formatDuration(ms),
    ];
    return `<tr><td>${wordsHtml(name)}</td>${
      cells.map((cell, i) => `<td class="number ${i === 1 ? "optional" : ""}">${cell}</td>`).join("")
    }</tr>`;
  });
  const head = ["files", "pages", "size", "time"].map((name, i) =>
    `<th scope="col" class="number ${i === 1 ? "optional" : ""}">${name}</th>`
  );
  return section(
    { title: "Parsers", note: "What read the files, with its version. Times of several workers add up." },
    `<table><thead><tr><th scope="col">parser</th>${head.join("")}</tr></thead><tbody>\n${
      lines.join("\n")
    }\n</tbody></table>`,
  );
}

function filesSection(
  entries: readonly ManifestEntry[],
  options: {
    readonly title: string;
    readonly value: (entry: ManifestEntry) => number;
    readonly format: (value: number) => string;
  },
): string {
  const { title, value, format } = options;
  const list: ManifestEntry[] = [];
  for (const entry of entries) {
    if (value(entry) <= 0 || list.length === NUM_FILES && value(entry) <= value(list.at(-1)!)) continue;
    const at = list.findIndex((other) => value(other) < value(entry));
    list.splice(at < 0 ? list.length : at, 0, entry);
    if (list.length > NUM_FILES) list.pop();
  }
  if (list.length === 0) return "";
  const most = value(list[0]);
  const shown = list.map((entry) => ({
    name: pathHtml(entry.path),
    chart: stackedBar([{ label: format(value(entry)), color: entry.status, value: 1 }], {
      share: value(entry) / most,
      height: 7,
    }),
    value: format(value(entry)),
  }));
  return section({ title, look: "half" }, rows(shown, "files"));
}

/** Files by the folder they lie in, as deep as the folders are still few enough to see. */
function foldersOf(entries: readonly ManifestEntry[]): Map<string, ManifestEntry[]> {
  let best = groupByFolder(entries, { depth: 1, most: Infinity })!;
  for (let depth = 2; depth <= MAX_DEPTH; depth++) {
    const deeper = groupByFolder(entries, { depth, most: MAX_FOLDERS });
    if (deeper === undefined) break;
    best = deeper;
  }
  return best;
}

/** Undefined when there are too many. */
function groupByFolder(
  entries: readonly ManifestEntry[],
  options: { readonly depth: number; readonly most: number },
): Map<string, ManifestEntry[]> | undefined {
  const folders = new Map<string, ManifestEntry[]>();
  for (const entry of entries) {
    const segments = entry.path.split("/", options.depth + 1);
    const folder = segments.slice(0, Math.max(1, Math.min(options.depth, segments.length - 1))).join("/");
    const inside = folders.get(folder);
    if (inside === undefined) folders.set(folder, [entry]);
    else inside.push(entry);
    if (folders.size > options.most) return undefined;
  }
  return folders;
}

function moreExamples(count: number): string {
  return count <= NUM_EXAMPLES ? "" : `<li class="note">and ${formatCount(count - NUM_EXAMPLES)} more</li>`;
}
