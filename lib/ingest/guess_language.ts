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
const MIN_SCORE = 3;
const MIN_LEAD = 1.25;
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

function guessLatin(sample: string): string | null {
  const words = sample.toLowerCase().match(/(?<![\p{L}\p{M}])[\p{L}\p{M}]+/gu) ?? [];
  const letters = sample.toLowerCase();
  const scores = Object.entries(WORDS).map(([language, common]) => {
    const inWords = words.reduce((sum, word) => sum + (common.has(word) ? 1 : 0), 0);
    const pattern = LETTERS[language];
    const inLetters = pattern === undefined ? 0 : Math.min(countMatches(letters, pattern), words.length / 4);
    return { language, score: inWords + inLetters };
  }).sort((a, b) => b.score - a.score);
  const [first, second] = scores;
  const isSure = first.score >= MIN_SCORE && first.score >= words.length * MIN_WORD_SHARE &&
    first.score >= second.score * MIN_LEAD;
  return isSure ? first.language : null;
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
  if (most === serbian) return macedonian > 0 && count(/[\u0452\u045b]/gi) === 0 ? "mk" : "sr";
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

function countMatches(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
