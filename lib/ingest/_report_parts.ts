// The pieces of HTML that sections of the ingest report are made of. Whatever comes from files goes through here and is
// escaped.

import { groupThousands } from "../monitor/axis.ts";
import { escapeXml } from "../monitor/svg_text.ts";
import { stackedBar } from "./_report_charts.ts";
import { firstCharacters, visibleHtml } from "./_visible_text.ts";
import { FILE_STATUSES, type StatusCounts } from "./manifest.ts";

/** What a status means, for people who see it the first time. */
export const STATUS_MEANING = {
  ok: "read whole",
  partial: "read in part",
  skipped: "left out by a rule or its content",
  failed: "could not be read",
} as const;

/** A row of a bar chart. */
export interface Row {
  /** HTML. */
  readonly name: string;
  /** HTML. */
  readonly chart: string;
  /** HTML. */
  readonly value: string;
  /** Class of the style sheet. */
  readonly look?: string;
}

const MAX_PATH = 300;
const MAX_WORDS = 160;

/**
 * A card of the page.
 *
 * @param options.title - plain text
 * @param options.note - one sentence under it, HTML
 * @param options.look - classes of the style sheet
 */
export function section(
  options: { readonly title: string; readonly note?: string; readonly look?: string },
  body: string,
): string {
  const { title, note, look = "" } = options;
  return `<section class="${look}">\n<h2>${escapeXml(title)}</h2>\n` +
    (note === undefined ? "" : `<p class="note">${note}</p>\n`) + `${body}\n</section>`;
}

/** Bars under one another. */
export function rows(list: readonly Row[], look = ""): string {
  const items = list.map(({ name, chart, value, look = "" }) =>
    `<li class="row ${look}"><div class="name">${name}</div><div class="chart">${chart}</div>` +
    `<div class="value">${value}</div></li>`
  );
  return `<ul class="rows ${look}">\n${items.join("\n")}\n</ul>`;
}

/** A bar of statuses, as long as there are files. */
export function statusBar(counts: StatusCounts, height = 18): string {
  const parts = FILE_STATUSES.map((status) => ({
    label: `${formatCount(counts[status])} ${status}`,
    color: status,
    value: counts[status],
  }));
  return stackedBar(parts, { height });
}

/** `12 ok 3 failed`, with the colours of the bars; zeros are left out. */
export function statusCounts(counts: StatusCounts): string {
  const items = FILE_STATUSES.filter((status) => counts[status] > 0).map((status) =>
    `<li>${dot(status)}${formatCount(counts[status])} ${status}</li>`
  );
  return `<ul class="counts">${items.join("")}</ul>`;
}

/** Colours and what they say. */
export function legend(items: readonly { readonly color: string; readonly text: string }[]): string {
  return `<ul class="legend">${
    items.map(({ color, text }) => `<li>${dot(color)}${escapeXml(text)}</li>`).join("")
  }</ul>`;
}

/** A spot of a colour. */
export function dot(color: string): string {
  return `<span class="dot ${color}"></span>`;
}

/** A file name; a very long one ends in an ellipsis. */
export function pathHtml(path: string): string {
  return `<span class="path">${shortHtml(path, MAX_PATH)}</span>`;
}

/** A reason, a rule, a name of something; a very long one ends in an ellipsis. */
export function wordsHtml(words: string): string {
  return shortHtml(words, MAX_WORDS);
}

/** `and 12 more folders` as a line, or nothing. */
export function moreLine(count: number, what: string): string {
  return count <= 0 ? "" : `<p class="more">and ${countOf(count, `more ${what}`)}</p>`;
}

/** `1,234,567`. */
export function formatCount(count: number): string {
  return groupThousands(String(count));
}

/** `1 file`, `2 files`. */
export function countOf(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? "" : "s"}`;
}

/** `64.0 MiB`. */
export function formatSize(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${units[power]}`;
}

/** `45.1 million`, exact below 100,000. */
export function formatLarge(count: number): string {
  if (count < 1e5) return formatCount(count);
  return count < 1e9 ? `${figure(count / 1e6)} million` : `${figure(count / 1e9)} billion`;
}

/** `340 ms`, `12.3 s`, `4 min 05 s`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const rest = String(seconds % 60).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${rest} s`;
  return `${Math.floor(seconds / 3600)} h ${String(Math.floor(seconds % 3600 / 60)).padStart(2, "0")} min`;
}

/** `12 %`; never 0 for something nor 100 for less than all. */
export function formatShare(part: number, whole: number): string {
  const share = whole === 0 ? 0 : 100 * part / whole;
  if (share > 0 && share < 0.1) return "under 0.1 %";
  if (share > 99.9 && share < 100) return "over 99.9 %";
  return `${share < 10 && share > 0 || share > 99 && share < 100 ? share.toFixed(1) : Math.round(share)} %`;
}

function shortHtml(text: string, count: number): string {
  const short = firstCharacters(text, count);
  return text === ""
    ? '<span class="invisible">empty</span>'
    : visibleHtml(short) + (short === text ? "" : "...");
}

function figure(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}
