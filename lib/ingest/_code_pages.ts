// Tells code pages of one byte a character apart by what a language needs: Cyrillic by its commonest letters, Latin by
// whether all accented letters are found in the alphabet of one language.

const CYRILLIC_PAGES = ["windows-1251", "koi8-u", "ibm866", "iso-8859-5", "x-mac-cyrillic"];
// the commonest letters of Russian, Ukrainian, Bulgarian and Serbian: 60 to 70 % of a text in the right page
const CYRILLIC_COMMON = /[\u043e\u0435\u0430\u0438\u043d\u0442\u0441\u0440\u0432\u043b\u0456\u043a]/g;
// small letters, and capitals where a word begins or the word is all capitals
const CYRILLIC_LETTERS =
  /[\u0430-\u044f\u0451-\u045f\u0491]|(?<![\u0430-\u045f])[\u0410-\u042f\u0401-\u040f]/g;
const CYRILLIC_INSIDE_LATIN = /[A-Za-z][\u0400-\u04ff]|[\u0400-\u04ff][A-Za-z]/g;
const MIN_COMMON_SHARE = 0.45;
const MAX_MIXED_SHARE = 0.05;

/** Alphabets beyond ASCII, in the order of preference among pages that fit alike. */
const LATIN_PAGES: readonly { readonly page: string; readonly alphabets: readonly string[] }[] = [
  {
    page: "windows-1252",
    // German, French, Spanish, Portuguese, Italian, Swedish and Finnish, Danish and Norwegian, Dutch, Icelandic
    alphabets: [
      "äöüß",
      "àâæçéèêëîïôœùûüÿ",
      "áéíñóúü",
      "àáâãçéêíóôõúü",
      "àèéìíîòóùú",
      "åäöé",
      "æøåéäö",
      "éëïöüáèê",
      "áðéíóúýþæö",
    ],
  },
  // Polish, Czech, Slovak, Hungarian, Romanian, Croatian and Slovenian
  ...["windows-1250", "iso-8859-2"].map((page) => ({
    page,
    alphabets: ["ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţșț", "čćđšž"],
  })),
  { page: "windows-1254", alphabets: ["çğıiöşüâîû"] },
  // Lithuanian, Latvian, Estonian
  { page: "windows-1257", alphabets: ["ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž"] },
];
const MIN_ALPHABET_SHARE = 0.95;
const MAX_ACCENT_SHARE = 0.4;
const PUNCTUATION =
  /[\u00a0\u00a1\u00a7\u00a9\u00ab\u00ae\u00b0\u00b7\u00bb\u00bf\u2010-\u203a\u20ac\u2116]/g;

/**
 * The Cyrillic page that gives most of the letters that are common in its languages.
 *
 * @param sample - bytes, some of them above 127
 */
export function cyrillicPage(sample: Uint8Array): string | undefined {
  let best: string | undefined;
  let most = 0;
  for (const page of CYRILLIC_PAGES) {
    const text = new TextDecoder(page).decode(sample);
    const high = beyondAscii(text).length;
    const common = countMatches(text, CYRILLIC_COMMON);
    const isCyrillic = common > high * MIN_COMMON_SHARE &&
      countMatches(text, CYRILLIC_INSIDE_LATIN) <= high * MAX_MIXED_SHARE;
    const count = common + countMatches(text, CYRILLIC_LETTERS);
    if (isCyrillic && count > most) [best, most] = [page, count];
  }
  return best;
}

/**
 * The page in which all accented letters belong to one language, where most letters are plain Latin ones.
 *
 * @param sample - bytes, some of them above 127
 */
export function latinPage(sample: Uint8Array): string | undefined {
  let best: string | undefined;
  let bestShare = MIN_ALPHABET_SHARE;
  for (const { page, alphabets } of LATIN_PAGES) {
    const text = new TextDecoder(page).decode(sample).toLowerCase();
    const accents = beyondAscii(text);
    if (accents.length > MAX_ACCENT_SHARE * (countMatches(text, /[a-z]/g) + accents.length)) continue;
    for (const alphabet of alphabets) {
      const known = [...accents].filter((letter) => alphabet.includes(letter)).length;
      if (known / accents.length > bestShare) [best, bestShare] = [page, known / accents.length];
    }
  }
  return best;
}

function beyondAscii(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x7f]+/g, "").replace(PUNCTUATION, "");
}

function countMatches(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
