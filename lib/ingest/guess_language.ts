// Which language a text is in: by its script, by letters only one language of the script has, and among languages of the
// Latin alphabet by their commonest words. Right or unsure rather than wrong: a text without enough of either is null.
// Measured on manual pages of 17 languages (tests/bench/ingest/clean.ts).

import { LETTERS, WORDS } from "./_language_words.ts";

/** What a text has to have of a script to be in it. */
const MIN_LETTERS = 12;
const MIN_SCRIPT_SHARE = 0.6;
/** A character of Han is about as much as three letters. */
const HAN_WEIGHT = 3;
/** Function words make up a third of a text in their own language, and a tenth in a related one. */
const MIN_WORD_SHARE = 0.1;
const MIN_DISTINCT = 3;
const MIN_LEAD = 1.5;
/** More tells nothing more. */
const SAMPLE_LENGTH = 8192;

const SCRIPTS: readonly { readonly pattern: RegExp; readonly weight: number; readonly guess: Guess }[] = [
  { pattern: /\p{Script=Latin}/gu, weight: 1, guess: guessLatin },
  { pattern: /\p{Script=Cyrillic}/gu, weight: 1, guess: guessCyrillic },
  { pattern: /[\p{Script=Han}\u3040-\u30ff]/gu, weight: HAN_WEIGHT, guess: guessHan },
  { pattern: /\p{Script=Arabic}/gu, weight: 1, guess: guessArabic },
  { pattern: /\p{Script=Hangul}/gu, weight: 2, guess: () => "ko" },
  { pattern: /\p{Script=Greek}/gu, weight: 1, guess: () => "el" },
  { pattern: /\p{Script=Hebrew}/gu, weight: 1, guess: () => "he" },
  { pattern: /\p{Script=Thai}/gu, weight: 1, guess: () => "th" },
  { pattern: /\p{Script=Devanagari}/gu, weight: 1, guess: () => "hi" },
  { pattern: /\p{Script=Bengali}/gu, weight: 1, guess: () => "bn" },
  { pattern: /\p{Script=Tamil}/gu, weight: 1, guess: () => "ta" },
  { pattern: /\p{Script=Georgian}/gu, weight: 1, guess: () => "ka" },
  { pattern: /\p{Script=Armenian}/gu, weight: 1, guess: () => "hy" },
];

/** In how many languages a word is common. */
const LANGUAGES_OF: Readonly<Record<string, number>> = countLanguages();

type Guess = (sample: string) => string | null;

/** ISO 639-1 codes that {@linkcode guessLanguage} gives. */
export const LANGUAGES: readonly string[] = [
  ...Object.keys(WORDS),
  ...["ru", "uk", "be", "bg", "sr", "mk", "zh", "ja", "ar", "fa", "ur"],
  ...["ko", "el", "he", "th", "hi", "bn", "ta", "ka", "hy"],
].sort();

/**
 * Guesses the language of a text from its beginning.
 *
 * @param text - a finished document
 * @returns one of {@linkcode LANGUAGES}, or null when unsure
 */
export function guessLanguage(text: string): string | null {
  const sample = text.slice(0, SAMPLE_LENGTH);
  let total = 0;
  let most = 0;
  let best: Guess | undefined;
  for (const { pattern, weight, guess } of SCRIPTS) {
    const count = weight * countMatches(sample, pattern);
    total += count;
    if (count > most) [most, best] = [count, guess];
  }
  return most < MIN_LETTERS || most < total * MIN_SCRIPT_SHARE ? null : best!(sample);
}

/** What speaks for a language. */
interface WordScore {
  readonly language: string;
  /** Common words, and letters few others have. */
  readonly all: number;
  /** The same, a word that several languages share counting less. */
  readonly own: number;
  /** Different words among them. */
  readonly distinct: number;
  readonly letters: number;
}

function guessLatin(sample: string): string | null {
  const lower = sample.toLowerCase();
  const words = lower.match(/(?<![\p{L}\p{M}])[\p{L}\p{M}]+/gu) ?? [];
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const [first, second] = Object.keys(WORDS)
    .map((language) => scoreWords(language, { counts, lower, total: words.length }))
    .sort((a, b) => b.own - a.own);
  const isSure = first.distinct >= MIN_DISTINCT && first.all >= words.length * MIN_WORD_SHARE &&
    countBut(counts, first, second) >= Math.max(1, countBut(counts, second, first) * MIN_LEAD);
  return isSure ? first.language : null;
}

/** Words and letters that speak for one language and not for the other. */
function countBut(counts: ReadonlyMap<string, number>, one: WordScore, other: WordScore): number {
  let sum = one.letters;
  for (const [word, count] of counts) {
    if (WORDS[one.language].has(word) && !WORDS[other.language].has(word)) sum += count;
  }
  return sum;
}

/** Words of a language in a text: all of them, and weighted by in how few languages they are common. */
function scoreWords(
  language: string,
  text: {
    readonly counts: ReadonlyMap<string, number>;
    readonly lower: string;
    readonly total: number;
  },
): WordScore {
  const common = WORDS[language];
  let all = 0;
  let own = 0;
  let distinct = 0;
  for (const [word, count] of text.counts) {
    if (!common.has(word)) continue;
    distinct++;
    all += count;
    own += count / LANGUAGES_OF[word];
  }
  const pattern = LETTERS[language];
  const letters = pattern === undefined ? 0 : Math.min(countMatches(text.lower, pattern), text.total / 8);
  return { language, all: all + letters, own: own + letters, distinct, letters };
}

/** By letters that only some of the alphabets have. */
function guessCyrillic(sample: string): string | null {
  const count = (pattern: RegExp): number => countMatches(sample, pattern);
  const serbian = count(/[\u0458\u0459\u045a\u0452\u045b\u045f]/gi);
  const macedonian = count(/[\u0453\u045c\u0455]/gi);
  const belarusian = count(/\u045e/gi);
  const ukrainian = count(/[\u0456\u0457\u0454\u0491]/gi);
  const russian = count(/[\u044b\u044d\u0451]/gi);
  const bulgarian = count(/\u044a/gi);
  const most = Math.max(serbian, belarusian, ukrainian, russian, bulgarian);
  if (most === 0) return null;
  if (belarusian > 0 && belarusian * 8 > ukrainian) return "be";
  if (most === serbian) {
    // the commonest words of each
    const serbianOnly = count(
      /[\u0452\u045b]|(?<!\p{L})(?:\u0458\u0435|\u0441\u0443|\u0443|\u043a\u043e\u0458\u0438)(?!\p{L})/giu,
    );
    const macedonianOnly = macedonian +
      count(
        /(?<!\p{L})(?:\u0432\u043e|\u0441\u043e|\u0433\u043e|\u0433\u0438|\u0435|\u0448\u0442\u043e)(?!\p{L})/giu,
      );
    return serbianOnly === macedonianOnly ? null : serbianOnly > macedonianOnly ? "sr" : "mk";
  }
  if (most === ukrainian) return "uk";
  return most === russian ? "ru" : "bg";
}

/** Japanese has kana in every sentence. */
function guessHan(sample: string): string | null {
  const kana = countMatches(sample, /[\u3041-\u30fa]/g);
  const han = countMatches(sample, /\p{Script=Han}/gu);
  if (kana > 0.1 * (kana + han)) return "ja";
  return kana < 0.02 * han ? "zh" : null;
}

function guessArabic(sample: string): string | null {
  if (countMatches(sample, /[\u0679\u0688\u0691\u06ba\u06d2]/g) > 0) return "ur";
  return countMatches(sample, /[\u067e\u0686\u0698\u06af\u06cc]/g) > 0.01 * sample.length ? "fa" : "ar";
}

function countLanguages(): Record<string, number> {
  const counts: Record<string, number> = Object.create(null);
  for (const words of Object.values(WORDS)) {
    for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  }
  return counts;
}

function countMatches(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
