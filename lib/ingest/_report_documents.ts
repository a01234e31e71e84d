// The sections of the ingest report that are about documents: which were kept, their lengths and languages, which were
// equal to others, what was dropped.

import { type BarPart, binRange, lengthChart, middleBin, squares, stackedBar } from "./_report_charts.ts";
import {
  countOf,
  dot,
  formatCount,
  formatShare,
  moreLine,
  pathHtml,
  rows,
  section,
  wordsHtml,
} from "./_report_parts.ts";
import { firstCharacters, visibleHtml } from "./_visible_text.ts";
import type { DroppedSample, DuplicateCluster, IngestSummary } from "./manifest.ts";

const MAX_LANGUAGES = 10;
const MAX_CLUSTERS = 20;
const MAX_MEMBERS = 3;
const NUM_SAMPLES = 8;
const SAMPLE_CHARACTERS = 200;

/** Which documents were kept. */
export function keptSection(summary: IngestSummary): string {
  const { train, validation, duplicates, nearDuplicates, shortDocuments, filtered, secrets } = summary;
  const all: [name: string, count: number, color: BarPart["color"]][] = [
    ["kept to learn from", train.documents, "ok"],
    ["kept to measure with", validation.documents, "pale"],
    ["dropped: equal to an earlier one", duplicates, "skipped"],
    ["dropped: almost equal to an earlier one", nearDuplicates, "skipped"],
    ["dropped: shorter than data.min_length", shortDocuments, "skipped"],
    ...Object.entries(filtered).map(([reason, count]): [string, number, string] => [
      `dropped: ${reason}`,
      count,
      "partial",
    ]),
  ];
  const list = all.filter(([, count]) => count > 0);
  const total = list.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return "";
  const bar = stackedBar(
    list.map(([name, value, color]) => ({ label: `${formatCount(value)} ${name}`, color, value })),
  );
  const lines = list.map(([name, count, color]) =>
    `<tr><td>${dot(color)}${wordsHtml(name)}</td><td class="number">${formatCount(count)}</td>` +
    `<td class="number">${formatShare(count, total)}</td></tr>`
  );
  const note = `Of ${countOf(total, "document")} found in the files.`;
  return section(
    { title: "Documents", note, look: "half" },
    `${bar}<table><tbody>${lines.join("")}</tbody></table>${secretsTable(secrets)}`,
  );
}

/** How long they are. */
export function lengthsSection({ lengthHistogram }: IngestSummary): string {
  if (!lengthHistogram.some((count) => count > 0)) return "";
  const note = `The strong bar holds the middle document: half are shorter, half longer. It has ${
    binRange(middleBin(lengthHistogram))
  }. From one bar to the next lengths double.`;
  return section(
    { title: "Length of documents", note, look: "two-thirds" },
    lengthChart(lengthHistogram),
  );
}

/** What they are written in. */
export function languagesSection({ languages }: IngestSummary): string {
  const list = Object.entries(languages).filter(([, count]) => count > 0).sort(([a, m], [b, n]) =>
    n - m || (a < b ? -1 : 1)
  );
  if (list.length === 0) return "";
  const total = list.reduce((sum, [, count]) => sum + count, 0);
  const most = list[0][1];
  const shown = list.slice(0, MAX_LANGUAGES).map(([code, count]) => ({
    name: wordsHtml(languageName(code)),
    chart: stackedBar([{ label: `${formatCount(count)} characters`, color: "ok", value: 1 }], {
      share: count / most,
      height: 12,
    }),
    value: `${formatShare(count, total)}`,
  }));
  return section(
    { title: "Languages", note: "By characters kept; a guess.", look: "third" },
    rows(shown, "small") + moreLine(list.length - MAX_LANGUAGES, "language"),
  );
}

/** Which documents say the same. */
export function duplicatesSection({ clusters, duplicates, nearDuplicates }: IngestSummary): string {
  if (clusters.length === 0) return "";
  const items = clusters.slice(0, MAX_CLUSTERS).map(clusterItem);
  const note = `${countOf(duplicates, "document")} equal to an earlier one and ${
    formatCount(nearDuplicates)
  } almost equal. The first of each group was kept, the others were dropped.`;
  return section(
    { title: "Documents that say the same", note },
    `<ul class="groups">\n${items.join("\n")}\n</ul>` + moreLine(clusters.length - MAX_CLUSTERS, "group"),
  );
}

/** What was dropped, to judge the rules by. */
export function droppedSection({ dropped }: IngestSummary): string {
  if (dropped.length === 0) return "";
  const figures = dropped.map(sampleFigure);
  const first = `<div class="samples">\n${figures.slice(0, NUM_SAMPLES).join("\n")}\n</div>`;
  const rest = figures.slice(NUM_SAMPLES);
  const more = rest.length === 0 ? "" : `<details><summary>${formatCount(rest.length)} more</summary>` +
    `<div class="samples">\n${rest.join("\n")}\n</div></details>`;
  const note =
    `The first ${SAMPLE_CHARACTERS} characters of some documents that were dropped. What cannot be seen is ` +
    `shown as <span class="invisible">U+200B</span>.`;
  return section({ title: "A look at what was dropped", note }, first + more);
}

function secretsTable(secrets: IngestSummary["secrets"]): string {
  if (secrets === null) return `<p class="more">Nobody looked for secrets: data.scan_secrets does.</p>`;
  const list = Object.entries(secrets).filter(([, count]) => count > 0).sort(([a, m], [b, n]) =>
    n - m || (a < b ? -1 : 1)
  );
  if (list.length === 0) return `<p class="more">No secrets were found.</p>`;
  const lines = list.map(([rule, count]) =>
    `<tr><td>${dot("failed")}${wordsHtml(rule)}</td><td class="number">${formatCount(count)}</td></tr>`
  );
  return `<h3>Secrets found</h3><table><tbody>${lines.join("")}</tbody></table>`;
}

function clusterItem({ kept, size, dropped, similarity }: DuplicateCluster): string {
  const names = new Map<string, number>();
  for (const path of dropped) names.set(path, (names.get(path) ?? 0) + 1);
  const members = [...names].slice(0, MAX_MEMBERS).map(([path, count]) =>
    `<li>${pathHtml(path)}${count === 1 ? "" : `, ${formatCount(count)} documents`}</li>`
  );
  const rest = size - [...names.values()].slice(0, MAX_MEMBERS).reduce((sum, count) => sum + count, 0);
  const more = rest === 0 ? "" : `<li class="note">and ${formatCount(rest)} more</li>`;
  const alike = similarity >= 1 ? "equal" : `at least ${Math.floor(100 * similarity)} % alike`;
  return `<li class="group">${squares(size)}<ul class="counts"><li>1 kept</li>` +
    `<li>${formatCount(size)} dropped</li><li>${alike}</li></ul><div>${pathHtml(kept)}</div>` +
    `<ul class="examples">${members.join("")}${more}</ul></li>`;
}

function sampleFigure({ path, reason, sample }: DroppedSample): string {
  const short = firstCharacters(sample, SAMPLE_CHARACTERS);
  return `<figure><figcaption><b>${wordsHtml(reason)}</b><br>${pathHtml(path)}</figcaption>` +
    `<blockquote>${visibleHtml(short, { keepLines: true })}${
      short === sample ? "" : " ..."
    }</blockquote></figure>`;
}

/** English name of a language; the code itself where there is none. */
function languageName(code: string): string {
  if (!/^[a-z]{2,3}(?:-[A-Za-z]{2,4})?$/.test(code)) return code === "" ? "unknown" : code;
  return new Intl.DisplayNames("en", { type: "language" }).of(code) ?? code;
}
