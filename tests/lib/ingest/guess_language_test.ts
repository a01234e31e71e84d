import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { guessLanguage, LANGUAGES } from "../../../lib/ingest/guess_language.ts";

/** A few lines about a shepherd in every language. */
const STORIES: Readonly<Record<string, string>> = {
  en:
    "The shepherd counted the flock in the evening and saw that one of the sheep was missing. He took his stick and went to look for it behind the hill, because the wolves were near.",
  de:
    "Der Schäfer zählte am Abend die Herde und sah, dass eines der Schafe fehlte. Er nahm seinen Stab und suchte es hinter dem Hügel, weil die Wölfe nicht weit waren.",
  fr:
    "Le berger compta le troupeau le soir et vit qu'une des brebis manquait. Il prit son bâton et alla la chercher derrière la colline, parce que les loups étaient proches.",
  es:
    "El pastor contó el rebaño por la tarde y vio que faltaba una de las ovejas. Tomó su bastón y fue a buscarla detrás de la colina, porque los lobos estaban cerca.",
  it:
    "Il pastore contò il gregge la sera e vide che mancava una delle pecore. Prese il suo bastone e andò a cercarla dietro la collina, perché i lupi erano vicini.",
  pt:
    "O pastor contou o rebanho à tarde e viu que faltava uma das ovelhas. Pegou o seu cajado e foi procurá-la atrás da colina, porque os lobos não estavam longe.",
  nl:
    "De herder telde in de avond de kudde en zag dat een van de schapen weg was. Hij nam zijn stok en ging het achter de heuvel zoeken, omdat de wolven niet ver waren.",
  sv:
    "Herden räknade flocken på kvällen och såg att ett av fåren saknades. Han tog sin stav och gick för att leta efter det bakom kullen, eftersom vargarna inte var långt borta.",
  da:
    "Hyrden talte flokken om aftenen og så, at et af fårene manglede. Han tog sin stav og gik ud for at lede efter det bag bakken, fordi ulvene ikke var langt væk.",
  no:
    "Gjeteren telte flokken om kvelden og så at en av sauene manglet. Han tok staven sin og gikk ut for å lete etter den bak bakken, fordi ulvene ikke var langt unna.",
  fi:
    "Paimen laski illalla lauman ja näki, että yksi lampaista oli poissa. Hän otti sauvansa ja lähti etsimään sitä mäen takaa, koska sudet eivät olleet kaukana.",
  pl:
    "Pasterz policzył wieczorem stado i zobaczył, że brakuje jednej z owiec. Wziął swój kij i poszedł szukać jej za wzgórzem, ponieważ wilki nie były daleko.",
  cs:
    "Pastýř večer spočítal stádo a uviděl, že jedna z ovcí chybí. Vzal svou hůl a šel ji hledat za kopec, protože vlci nebyli daleko.",
  sk:
    "Pastier večer spočítal stádo a videl, že jedna z oviec chýba. Vzal svoju palicu a išiel ju hľadať za kopec, keď vlci neboli ďaleko, ale ani blízko.",
  hu:
    "A juhász este megszámolta a nyájat, és látta, hogy az egyik bárány hiányzik. Fogta a botját, és elment megkeresni a domb mögé, mert a farkasok nem voltak messze.",
  ro:
    "Ciobanul a numărat turma seara și a văzut că una dintre oi lipsește. Și-a luat toiagul și s-a dus să o caute în spatele dealului, pentru că lupii nu erau departe.",
  tr:
    "Çoban akşam sürüyü saydı ve koyunlardan birinin eksik olduğunu gördü. Değneğini aldı ve onu tepenin arkasında aramaya gitti, çünkü kurtlar çok uzakta değildi.",
  vi:
    "Buổi tối người chăn cừu đếm đàn và thấy một con đã mất. Anh cầm gậy và đi tìm nó ở sau đồi, vì những con sói không ở xa.",
  id:
    "Pada malam hari gembala itu menghitung kawanan dan melihat bahwa satu dari domba itu tidak ada. Dia mengambil tongkat dan pergi mencari di balik bukit, karena serigala sudah dekat.",
  ru:
    "Вечером пастух пересчитал стадо и увидел, что одной из овец не хватает. Он взял посох и пошёл искать её за холмом, потому что волки были близко.",
  uk:
    "Увечері пастух порахував отару і побачив, що однієї з овець немає. Він узяв свою палицю та пішов шукати її за пагорбом, бо вовки були недалеко.",
  be:
    "Увечары пастух палічыў статак і ўбачыў, што адной з авечак няма. Ён узяў кій і пайшоў шукаць яе за ўзгоркам, бо ваўкі былі блізка.",
  bg:
    "Вечерта овчарят преброи стадото и видя, че една от овцете липсва. Той взе тоягата си и тръгна да я търси зад хълма, защото вълците бяха близо.",
  sr:
    "Увече је пастир пребројао стадо и видео да једна од оваца недостаје. Узео је штап и отишао да је тражи иза брда, јер су вукови били близу.",
  mk:
    "Вечерта овчарот го изброи стадото и виде дека една од овците ја нема. Го зеде стапот и отиде да ја бара зад ридот, бидејќи волците не беа далеку.",
  el:
    "Το βράδυ ο βοσκός μέτρησε το κοπάδι και είδε ότι έλειπε ένα από τα πρόβατα. Πήρε το ραβδί του και πήγε να το βρει.",
  he: "בערב ספר הרועה את העדר וראה שאחת הכבשים חסרה. הוא לקח את מקלו והלך לחפש אותה מאחורי הגבעה.",
  ar:
    "عد الراعي القطيع في المساء ورأى أن إحدى النعاج مفقودة. أخذ عصاه وذهب ليبحث عنها خلف التل لأن الذئاب كانت قريبة.",
  fa:
    "چوپان عصر گله را شمرد و دید که یکی از گوسفندها نیست. چوب خود را برداشت و رفت تا پشت تپه دنبال او بگردد.",
  ur:
    "شام کو چرواہے نے ریوڑ گنا اور دیکھا کہ ایک بھیڑ غائب ہے۔ اس نے اپنی لاٹھی لی اور پہاڑی کے پیچھے اسے ڈھونڈنے گیا۔",
  hi: "शाम को चरवाहे ने झुंड को गिना और देखा कि एक भेड़ गायब है। उसने अपनी लाठी ली और उसे खोजने गया।",
  ja: "夕方、羊飼いは群れを数えて、一匹の羊がいないことに気づいた。彼は杖を取り、丘の向こうへ探しに行った。",
  zh: "晚上牧羊人數了數羊群，發現少了一隻羊。他拿起手杖，到山後面去找牠，因為狼就在附近。",
  ko:
    "저녁에 목동은 양 떼를 세어 보고 한 마리가 없어진 것을 알았다. 그는 지팡이를 들고 언덕 너머로 찾으러 갔다.",
  th: "ตอนเย็นคนเลี้ยงแกะนับฝูงและเห็นว่าแกะตัวหนึ่งหายไป เขาหยิบไม้เท้าและออกไปตามหา",
};

for (const [language, story] of Object.entries(STORIES)) {
  Deno.test(`guessLanguage() knows ${language}`, () => {
    assertEquals(guessLanguage(story), language);
    assert(LANGUAGES.includes(language));
  });
}

Deno.test("guessLanguage() is right or unsure about half of a story", () => {
  const halves = Object.entries(STORIES).flatMap(([language, story]) => {
    const words = story.split(" ");
    return [words.slice(0, words.length >> 1), words.slice(words.length >> 1)].map((half) => [
      language,
      guessLanguage(half.join(" ")),
    ]);
  });
  const wrong = halves.filter(([language, guess]) => guess !== null && guess !== language);
  assertEquals(wrong, []);
  const right = halves.filter(([language, guess]) => guess === language).length / halves.length;
  assert(right >= 0.85, `${right} right`);
});

Deno.test("guessLanguage() is unsure about what is no language or two", () => {
  const texts = [
    "",
    "12 345 --- ***",
    "sheep",
    "xq zzk wlf prr tks bnd vvm qql hhg ffd ssa ppo iiu yyt rre wwq",
    "const x = foo(bar, baz); return x ? y : z;",
    `${STORIES.ru.slice(0, 60)} ${STORIES.en.slice(0, 60)}`,
  ];
  for (const text of texts) assertEquals(guessLanguage(text), null, text);
});

Deno.test("guessLanguage() gives null or a known language for any text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
    const guess = guessLanguage(text);
    assert(guess === null || LANGUAGES.includes(guess));
  }));
});
