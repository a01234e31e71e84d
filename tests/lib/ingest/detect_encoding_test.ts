import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeAnyText, loadEncodingDetector } from "../../../lib/ingest/detect_encoding.ts";
import { decodeText } from "../../../lib/ingest/decode_text.ts";

const STORIES: Readonly<Record<string, string>> = {
  ru:
    "Пастух пересчитал стадо и увидел, что одной овцы не хватает. Он взял посох и пошёл искать её за холмом.",
  uk:
    "Пастух порахував отару і побачив, що однієї вівці бракує. Він узяв палицю та пішов шукати її за пагорбом.",
  bg:
    "Овчарят преброи стадото и видя, че една овца липсва. Той взе тоягата си и тръгна да я търси зад хълма.",
  el:
    "Ο βοσκός μέτρησε το κοπάδι και είδε ότι έλειπε ένα πρόβατο. Πήρε το ραβδί του και πήγε να το βρει πίσω.",
  pl:
    "Pasterz policzył stado i zobaczył, że brakuje jednej owcy. Wziął kij i poszedł, gdzie rosną źdźbła trawy.",
  cs:
    "Pastýř spočítal stádo a uviděl, že jedna ovce chybí. Vzal hůl a šel ji hledat za kopec, kde roste tráva.",
  hu:
    "A juhász megszámolta a nyájat, és látta, hogy egy bárány hiányzik. Fogta a botját, és elindult a domb mögé.",
  de:
    "Der Schäfer zählte die Herde und sah, daß ein Schaf fehlte. Er suchte hinter dem Hügel, während sie schliefen.",
  fr:
    "Le berger compta le troupeau et vit qu'une brebis manquait. Il prit son bâton et alla derrière la forêt.",
  es:
    "El pastor contó el rebaño y vio que faltaba una oveja. Tomó su bastón y salió, porque mañana lloverá aquí.",
  tr:
    "Çoban sürüyü saydı ve bir koyunun eksik olduğunu gördü. Değneğini aldı ve onu tepenin arkasında aradı.",
  he: "הרועה ספר את העדר וראה שכבשה אחת חסרה. הוא לקח את מקלו והלך לחפש אותה מאחורי הגבעה.",
  ar: "عد الراعي القطيع ورأى أن نعجة واحدة مفقودة. أخذ عصاه وذهب ليبحث عنها خلف التل.",
  ja: "羊飼いは群れを数えて、一匹の羊がいないことに気づいた。彼は杖を取り、丘の向こうへ探しに行った。",
  zhHant: "牧羊人數了數羊群，發現少了一隻羊。他拿起手杖，到山後面去找牠。",
  zhHans: "牧羊人数了数羊群，发现少了一只羊。他拿起手杖，到山后面去找它。",
  ko: "목동은 양 떼를 세어 보고 한 마리가 없어진 것을 알았다. 그는 지팡이를 들고 언덕 너머로 찾으러 갔다.",
};

const PAGES: readonly (readonly [language: string, page: string])[] = [
  ...["windows-1251", "koi8-r", "ibm866", "iso-8859-5", "x-mac-cyrillic"].map((page) =>
    ["ru", page] as const
  ),
  ...["windows-1251", "koi8-u"].map((page) => ["uk", page] as const),
  ["bg", "windows-1251"],
  ...["windows-1253", "iso-8859-7"].map((page) => ["el", page] as const),
  ...["pl", "cs", "hu"].flatMap((one) => ["windows-1250", "iso-8859-2"].map((page) => [one, page] as const)),
  ...["de", "fr", "es"].map((one) => [one, "windows-1252"] as const),
  ["tr", "windows-1254"],
  ["he", "windows-1255"],
  ["ar", "windows-1256"],
  ["ja", "shift_jis"],
  ["ja", "euc-jp"],
  ["zhHant", "big5"],
  ["zhHans", "gb18030"],
  ["ko", "euc-kr"],
];

const tables = new Map<string, ReadonlyMap<string, readonly number[]>>();

/** Bytes of every character of a code page of one or two bytes a character, read off its decoder. */
function tableOf(page: string): ReadonlyMap<string, readonly number[]> {
  const known = tables.get(page);
  if (known !== undefined) return known;
  const table = new Map<string, readonly number[]>();
  const decoder = new TextDecoder(page);
  const note = (...bytes: number[]): void => {
    const character = decoder.decode(Uint8Array.from(bytes));
    if ([...character].length === 1 && character !== "\ufffd" && !table.has(character)) {
      table.set(character, bytes);
    }
  };
  for (let byte = 0; byte < 256; byte++) note(byte);
  if (/jis|euc|gb|big5/.test(page)) {
    for (let first = 0x81; first < 0xff; first++) {
      for (let second = 0x40; second < 0xff; second++) note(first, second);
    }
  }
  tables.set(page, table);
  return table;
}

function encode(text: string, page: string): Uint8Array {
  const table = tableOf(page);
  return Uint8Array.from([...text].flatMap((character) => table.get(character)!));
}

for (const [language, page] of PAGES) {
  Deno.test(`decodeAnyText() reads ${language} in ${page}, alone and as a comment in source code`, async () => {
    const story = STORIES[language];
    const code = "int main(void) { return 0; } /* plain ASCII text in a file of C */\n".repeat(6);
    for (const text of [story, `${code}/* ${story} */\n${code}`]) {
      const decoded = await decodeAnyText(encode(text, page), { unicode: "NFC" });
      assert("text" in decoded, JSON.stringify(decoded));
      assertEquals(decoded.text, text, decoded.encoding);
      assert(decoded.invalidBytes > 0);
    }
  });
}

Deno.test("decodeAnyText() never finds in UTF-8 anything but UTF-8", async () => {
  for (const story of Object.values(STORIES)) {
    const decoded = await decodeAnyText(new TextEncoder().encode(story), { unicode: "NFC" });
    assertEquals(decoded, { text: story.normalize("NFC"), encoding: "utf-8", invalidBytes: 0 });
  }
});

Deno.test("decodeAnyText() keeps a few accents Windows-1252 and a few bad bytes UTF-8", async () => {
  const accents = await decodeAnyText(encode("caf\u00e9 cr\u00e8me \u20ac 5", "windows-1252"), {
    unicode: "NFC",
  });
  assertEquals("text" in accents && accents.encoding, "windows-1252");
  const good = new TextEncoder().encode(STORIES.ru.repeat(8));
  const mixed = await decodeAnyText(Uint8Array.of(...good, 0xfc, ...good), { unicode: "NFC" });
  assertEquals("text" in mixed && [mixed.encoding, mixed.invalidBytes], ["utf-8", 1]);
});

Deno.test("decodeAnyText() never throws, and gives text without a replaced byte or a reason", async () => {
  const detect = await loadEncodingDetector();
  const wild = fc.uint8Array({ maxLength: 300 });
  const high = fc.uint8Array({ min: 0x60, maxLength: 300 });
  fc.assert(
    fc.property(fc.oneof(wild, high), (bytes) => {
      const decoded = decodeText(bytes, { unicode: "NFC", detect });
      assert("reason" in decoded || decoded.text.isWellFormed());
    }),
    { numRuns: 500 },
  );
});

Deno.test("decodeAnyText() refuses random bytes", async () => {
  let seed = 7;
  const next = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) >>> 24;
  for (const length of [600, 6_000, 200_000]) {
    const bytes = Uint8Array.from({ length }, () => next());
    assert("reason" in await decodeAnyText(bytes, { unicode: "NFC" }));
    const printable = bytes.map((byte) => byte | 0xa0);
    assert("reason" in await decodeAnyText(printable, { unicode: "NFC" }), "high bytes only");
  }
});
