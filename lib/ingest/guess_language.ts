// Which language a text is in: by its script, by letters only one language of the script has, and among languages of the
// Latin alphabet by their commonest words. Right or unsure rather than wrong: a text without enough of either is null.
// Of 600 characters of manual pages in 24 languages it names 94 % rightly, 0.4 % wrongly (tests/bench/ingest/clean.ts).

import { LETTERS, WORDS } from "./_language_words.ts";

/** What a text has to have of a script to be in it. */
const MIN_LETTERS = 12;
const MIN_SCRIPT_SHARE = 0.6;
const HAN_WEIGHT = 3;
/** Function words make up a third of a text in their own language, and a tenth in a related one. */
const MIN_WORD_SHARE = 0.1;
const MIN_DISTINCT = 3;
const MIN_LEAD = 1.5;
/** More tells nothing more. */
const SAMPLE_LENGTH = 2048;

/** Scripts by where their letters lie, in order. */
const SCRIPTS: readonly Script[] = [
  { from: 0x41, to: 0x24f, weight: 1, guess: guessLatin },
  { from: 0x370, to: 0x3ff, weight: 1, guess: () => "el" },
  { from: 0x400, to: 0x52f, weight: 1, guess: guessCyrillic },
  { from: 0x530, to: 0x58f, weight: 1, guess: () => "hy" },
  { from: 0x590, to: 0x5ff, weight: 1, guess: () => "he" },
  { from: 0x600, to: 0x6ff, weight: 1, guess: guessArabic },
  { from: 0x900, to: 0x97f, weight: 1, guess: () => "hi" },
  { from: 0x980, to: 0x9ff, weight: 1, guess: () => "bn" },
  { from: 0xb80, to: 0xbff, weight: 1, guess: () => "ta" },
  { from: 0xe00, to: 0xe7f, weight: 1, guess: () => "th" },
  { from: 0x10a0, to: 0x10ff, weight: 1, guess: () => "ka" },
  { from: 0x1e00, to: 0x1eff, weight: 1, guess: guessLatin },
  { from: 0x3040, to: 0x9fff, weight: HAN_WEIGHT, guess: guessHan },
  { from: 0xac00, to: 0xd7a3, weight: 2, guess: () => "ko" },
];

interface Script {
  readonly from: number;
  readonly to: number;
  /** A character of Han is about as much as three letters. */
  readonly weight: number;
  readonly guess: Guess;
}

type Guess = (sample: string) => string | null;

/** Numbers of the languages of the Latin alphabet are places in this list. */
const LATIN = Object.keys(WORDS);
/** Numbers of the languages in which a word is common. */
const LANGUAGES_OF = indexWords();
const LETTER_PATTERNS = Object.entries(LETTERS).map(([language, letters]) => ({
  number: LATIN.indexOf(language),
  letters,
  isAscii: language === "fi" || language === "tr",
}));

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
  const counts = countScripts(sample);
  let total = 0;
  let most = 0;
  let best: Guess | undefined;
  for (const [guess, count] of counts) {
    total += count;
    if (count > most) [most, best] = [count, guess];
  }
  return most < MIN_LETTERS || most < total * MIN_SCRIPT_SHARE ? null : best!(sample);
}

/** Letters of each script, by weight. */
function countScripts(sample: string): Map<Guess, number> {
  const counts = new Map<Guess, number>();
  const numbers = new Int32Array(SCRIPTS.length);
  for (let at = 0; at < sample.length; at++) {
    const code = sample.charCodeAt(at);
    if (code < 0x80) {
      const small = code | 0x20;
      if (small >= 0x61 && small <= 0x7a) numbers[0]++;
    } else if (code >= 0xc0) {
      const script = SCRIPTS.findIndex(({ to }) => code <= to);
      if (script >= 0 && code >= SCRIPTS[script].from) numbers[script]++;
    }
  }
  for (const [at, { guess, weight }] of SCRIPTS.entries()) {
    counts.set(guess, (counts.get(guess) ?? 0) + weight * numbers[at]);
  }
  return counts;
}

/** What speaks for a language of the Latin alphabet. */
interface WordScore {
  readonly number: number;
  /** Common words, and letters few others have. */
  all: number;
  /** The same, a word that several languages share counting less. */
  own: number;
  /** Different words among them. */
  distinct: number;
  letters: number;
}

function guessLatin(sample: string): string | null {
  const words = sample.toLowerCase().match(/[a-z\u00df-\u024f\u0300-\u036f\u1e00-\u1eff]+/g) ?? [];
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const scores = LATIN.map((_, number): WordScore => ({ number, all: 0, own: 0, distinct: 0, letters: 0 }));
  for (const [word, count] of counts) scoreWord(word, { count, scores });
  for (const score of scores) {
    const letters = Math.min(score.letters, words.length / 8);
    score.letters = letters;
    score.all += letters;
    score.own += letters;
  }
  const [first, second] = scores.sort((a, b) => b.own - a.own);
  const isSure = first.distinct >= MIN_DISTINCT && first.all >= words.length * MIN_WORD_SHARE &&
    countBut(counts, first, second) >= Math.max(1, countBut(counts, second, first) * MIN_LEAD);
  return isSure ? LATIN[first.number] : null;
}

function scoreWord(
  word: string,
  options: { readonly count: number; readonly scores: readonly WordScore[] },
): void {
  const { count, scores } = options;
  const languages = LANGUAGES_OF.get(word);
  if (languages === undefined) {
    // most words are plain, and most patterns are not
    const isPlain = /^[a-z]*$/.test(word);
    for (const { number, letters, isAscii } of LETTER_PATTERNS) {
      if ((isAscii || !isPlain) && letters.test(word)) scores[number].letters += count;
    }
    return;
  }
  for (const language of languages) {
    const score = scores[language];
    score.distinct++;
    score.all += count;
    score.own += count / languages.length;
  }
}

/** Words and letters that speak for one language and not for the other. */
function countBut(counts: ReadonlyMap<string, number>, one: WordScore, other: WordScore): number {
  let sum = one.letters;
  for (const [word, count] of counts) {
    const languages = LANGUAGES_OF.get(word);
    if (languages?.includes(one.number) && !languages.includes(other.number)) sum += count;
  }
  return sum;
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

function indexWords(): Map<string, number[]> {
  const index = new Map<string, number[]>();
  for (const [number, language] of LATIN.entries()) {
    for (const word of WORDS[language]) index.set(word, [...index.get(word) ?? [], number]);
  }
  return index;
}

function countMatches(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
