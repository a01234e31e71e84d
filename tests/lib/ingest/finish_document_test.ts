import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../../../lib/common/errors.ts";
import { type Config, defaultConfig } from "../../../lib/config/config.ts";
import type { FileKind } from "../../../lib/ingest/file_kinds.ts";
import { checkLanguages } from "../../../lib/ingest/check_languages.ts";
import { finishDocument, type FinishedDocument } from "../../../lib/ingest/finish_document.ts";
import { scanSecrets } from "../../../lib/ingest/scan_secrets.ts";

const STORY = "The shepherd counted the flock and saw that one of the sheep was missing. " +
  "He took his stick and went to look for it behind the hill.\n";
const SECRET = `AKIA${"IOSFODNN7EXAMPLE"}`;

function finish(
  text: string,
  data: Partial<Config["data"]> = {},
  kind: FileKind = "text",
): FinishedDocument {
  return finishDocument(text, { kind, data: { ...defaultConfig().data, ...data } });
}

const wild = fc.oneof(
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.array(
    fc.constantFrom(
      "a",
      " ",
      "\t",
      "\n",
      "\r",
      "-\n",
      "\u0301",
      "\u200b",
      "\u200d",
      "\ufe0f",
      "\ud83d",
      "\b",
      SECRET,
      "=",
      "password",
    ),
    { maxLength: 30 },
  ).map((pieces) => pieces.join("")),
);

Deno.test("finishDocument() finds nothing more to do in what it has finished", () => {
  for (const scanSecrets of ["off", "redact"] as const) {
    for (const kind of ["text", "markdown", "code", "jsonl"] as const) {
      fc.assert(
        fc.property(wild, (text) => {
          const once = finish(text, { scanSecrets, minLength: 0 }, kind);
          const twice = finish(once.text, { scanSecrets, minLength: 0 }, kind);
          assertEquals(twice.text, once.text);
          assertEquals([twice.strange.control, twice.language, twice.dropped, twice.secrets], [
            0,
            once.language,
            once.dropped,
            {},
          ]);
          assertEquals(twice.signature, once.signature);
        }),
        { numRuns: 500 },
      );
    }
  }
});

Deno.test("finishDocument() gives a clean text its language and signature and changes nothing", () => {
  const { text, language, dropped, secrets, signature } = finish(STORY);
  assertEquals([text, language, dropped, secrets], [STORY, "en", null, {}]);
  assertEquals(signature?.length, 128);
});

Deno.test("finishDocument() keeps the white space of code, Markdown and data", () => {
  const text = "if x:  \n\ty\n\n\n\n\n\tz\n";
  for (const kind of ["code", "markdown", "jsonl", "json"] as const) {
    assertEquals(finish(text, {}, kind).text, text, kind);
  }
  assertEquals(finish(text).text, "if x:\n\ty\n\n\n\tz\n");
});

Deno.test("finishDocument() drops what a filter does not let through, with its reason", () => {
  const cases: [string, Partial<Config["data"]>, string | null][] = [
    ["", { minLength: 0 }, "shorter than data.min_length"],
    ["  \u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b\n", {}, "shorter than data.min_length"],
    [STORY, { minLength: 500 }, "shorter than data.min_length"],
    [`${STORY}\ufffd\ufffd\ufffd`, {}, "not text: more than 1 % replacement characters"],
    [STORY, { languages: ["en", "de"] }, null],
    [STORY, { languages: ["de"] }, "not in a language of data.languages"],
    ["12345 67890 12345", { languages: ["en"] }, "language not sure"],
    ["12345 67890 12345", { languages: ["unsure"] }, null],
    [STORY.repeat(5), { maxRepetition: 0.5 }, "more repetition than data.max_repetition"],
    [STORY, { maxRepetition: 0.5 }, null],
    ["=== *** === ***", { maxSymbolShare: 0.5 }, "more symbols than data.max_symbol_share"],
    [STORY, { maxSymbolShare: 0.1 }, null],
    [STORY + SECRET, { scanSecrets: "drop" }, "holds a secret"],
  ];
  for (const [text, data, reason] of cases) {
    const { dropped, signature } = finish(text, data);
    assertEquals(dropped, reason, JSON.stringify([text, data]));
    if (reason !== null) assertEquals(signature, null);
  }
});

Deno.test("finishDocument() looks for secrets as data.scan_secrets says and never shows one it dropped", () => {
  const text = `${STORY}key ${SECRET}\n`;
  const found = { "aws-access-key": 1 };
  const about = (data: Partial<Config["data"]>) => {
    const { text: after, secrets, dropped } = finish(text, data);
    return [after, secrets, dropped];
  };
  const redacted = `${STORY}key [secret: aws-access-key]\n`;
  assertEquals(about({ scanSecrets: "off" }), [text, {}, null]);
  assertEquals(about({ scanSecrets: "flag" }), [text, found, null]);
  assertEquals(about({ scanSecrets: "redact" }), [redacted, found, null]);
  assertEquals(about({ scanSecrets: "drop" }), [redacted, found, "holds a secret"]);
  assertEquals(about({ scanSecrets: "flag", languages: ["de"] }), [
    redacted,
    found,
    "not in a language of data.languages",
  ]);
});

Deno.test("finishDocument() finds a secret that hides behind characters without width", () => {
  const hidden = `key ${SECRET.slice(0, 8)}\u200b${SECRET.slice(8)} of the shepherd`;
  assertEquals(
    finish(hidden, { scanSecrets: "redact" }).text,
    "key [secret: aws-access-key] of the shepherd",
  );
});

Deno.test("finishDocument() leaves no secret that a second scan finds", () => {
  fc.assert(fc.property(wild, (text) => {
    assertEquals(scanSecrets(finish(text, { scanSecrets: "redact", minLength: 0 }).text).secrets, {});
  }));
});

Deno.test("finishDocument() signs documents but neither lines nor where nobody compares", () => {
  assert(finish(STORY, {}, "code").signature !== null);
  assert(finish(STORY, { mode: "line" }, "jsonl").signature !== null);
  assertEquals(finish(STORY, { mode: "line" }).signature, null);
  assertEquals(finish(STORY, { nearDuplicateSimilarity: 0 }).signature, null);
});

Deno.test("finishDocument() gives code no language and asks it for none", () => {
  const { language, dropped } = finish(STORY, { languages: ["de"] }, "code");
  assertEquals([language, dropped], [null, null]);
});

Deno.test("finishDocument() reports disguises and leaves them to be read", () => {
  const { text, strange } = finish("Log in to p\u0430ypal\u200b and \u202eignore the rules\u202c.");
  assertEquals(text, "Log in to p\u0430ypal and ignore the rules.");
  assertEquals([strange.lookAlikes, strange.zeroWidth, strange.bidi], [1, 1, 2]);
});

Deno.test("checkLanguages() refuses a word that is no language and offers the nearest", () => {
  checkLanguages([]);
  checkLanguages(["en", "zh", "unsure"]);
  assertThrows(() => checkLanguages(["en", "unsur"]), UsageError, "did you mean unsure?");
});
