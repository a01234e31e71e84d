// The commonest words of languages of the Latin alphabet, and letters that few of them have. Words that are common in
// three languages and more are left out unless a language has few others.

function wordSets<Language extends string>(
  lists: Readonly<Record<Language, string>>,
): Record<Language, ReadonlySet<string>> {
  const sets = Object.entries<string>(lists).map((
    [language, words],
  ) => [language, new Set(words.trim().split(/\s+/))]);
  return Object.fromEntries(sets);
}

/** Common words by ISO 639-1 code. */
export const WORDS: Readonly<Record<string, ReadonlySet<string>>> = wordSets({
  en:
    `the of and to in is it that was for on are with as be by this have from or had but not what were they we when
    your can there which their if will each about up out then she many some so these would into has more her two him see
    could than been who its now did get may you he his how where after first only other over such should does do at an
    while because before between through any must also one all no my me our them used using`,
  de:
    `der die und in den von zu das mit sich des auf ist im dem nicht ein eine als auch es an werden aus er hat dass daß
    sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch
    man sein wurde sei wenn kann ihr seine ich wir diese dieser dieses keine können muss müssen zwischen alle wurden
    gibt hier sehr schon beim vom eines ohne unter gegen jedoch ihre ihren unser`,
  fr:
    `le la les de des du et est en un une que qui dans pour pas sur plus par ce au avec sont il elle son se sa ses ou
    mais comme nous vous ils elles cette ces aux leur leurs été être avoir fait tout tous si même aussi peut ne lui on
    où après avant sans sous entre très bien dont donc lorsque était ont cet deux autres ainsi celui qu`,
  es:
    `el la los las de del que y en un una por con para no se su sus es al lo como más pero le ha este esta sí porque
    entre cuando muy sin sobre también me hasta hay donde quien desde todo nos durante todos uno les ni contra otros ese
    eso ante ellos e esto mí antes algunos qué unos yo otro otras otra él tanto esa estos mucho cada fue son ser está
    están puede era tiene hacer si`,
  it:
    `il lo la i gli le di del della dei delle che e è un una per con non si in al alla ai nel nella sono da dal dalla
    come più ma se anche ha o questo questa suo sua loro essere quando dove chi cosa molto tutti tutto ogni così perché
    dopo prima sulla sul senza tra fra era erano stato può hanno degli agli alle nei nelle questi quello quella ed ad
    due altri altro ancora solo mentre`,
  pt:
    `o a os as de do da dos das que e em um uma no na nos nas para por com não se é ao à pelo pela como mais mas foi
    ele ela seu sua seus suas ou ser quando muito há já está eu também só até isso entre era depois sem mesmo aos ter
    quem esse eles você essa num nem são têm onde pode este esta cada todos todo fazer dois outro outros porque`,
  nl:
    `de het een van en in is dat op te zijn met voor niet aan er die om ook als dan maar bij uit wordt door naar heeft
    hij ze over tot worden kan deze dit nog wel geen meer werd was hebben haar zich moet hun zo of je ik we wij ons
    zij onder tegen tussen alle andere waar wie wat hoe veel zou zonder omdat toen ging had bent jouw zal`,
  sv:
    `och att det som en på är av för med den till inte om ett han de var jag från vi så kan när men har hade sig eller
    vid man skulle ut efter nu även där bara över under mot här upp mycket än denna detta dessa blev blir utan också
    hon ska vill alla någon något hans hennes deras vara varit mellan annan andra måste finns vad hur då innan`,
  da:
    `og i at det er en den til af på for med der ikke som de et har han var jeg fra kan vi men om så sig eller ved skal
    efter over blev hvor nogle hun ud under meget også være hvis når bliver denne dette disse end mod op vil alle deres
    hans hendes noget nogen hvad blive havde må uden mellem andre mere sin kun her først får`,
  no:
    `og i det er en på til av for med som ikke at de et har han var jeg fra kan vi men om så seg eller ved skal etter
    over ble hvor noen hun ut under mye også være hvis når blir denne dette disse enn mot opp vil alle deres hans hennes
    noe hva bli hadde må uten mellom andre mer sin bare her først får ikkje eg ein eit`,
  fi:
    `ja on ei se että hän oli ovat mutta kun niin kuin joka myös sen tai jos ole olla mitä vain sitä jotka tämä hänen
    voi ne sekä mukaan nyt jo vielä joka kanssa hyvin siitä kaikki minä sinä me te he tämän niitä mukaan jälkeen ennen
    ollut olivat eivät koska siellä täällä sitten ettei olisi voidaan käyttää jossa josta`,
  pl:
    `i w na z się nie do to że jest o jak po co tak za od przez ale dla by był są być tym który która które już tylko
    czy może można jego jej ich ten ta te tego tej jako lub oraz przed pod nad między bez gdy gdzie kiedy bardzo także
    również została został będzie było była były mnie mi ja ty on ona oni my wszystkie jeśli jeżeli`,
  cs:
    `a v na se je že s z do o k pro za by ale jako jsem jsou byl byla bylo být nebo po od který která které když tak už
    jen také než při si co jak tento tato toto této jeho její jejich ve ze ke nad pod před mezi bez kde kdo až může
    mohou ani než však jej ho mu tím tom ten ta to není jste jsme bude budou pokud lze`,
  sk:
    `a v na sa je že s z do o k pre za by ale ako som sú bol bola bolo byť alebo po od ktorý ktorá ktoré keď tak už len
    tiež než pri si čo tento táto toto tejto jeho jej ich vo zo ku nad pod pred medzi bez kde kto až môže môžu ani však
    ho mu tým tom ten tá to nie ste sme bude budú ak`,
  hu:
    `a az és hogy nem is egy de ez meg ha van már csak mint volt el még azt vagy ki be fel le minden nagyon aki ami
    amely akkor mert kell lehet más után alatt között szerint majd itt ott így úgy lesz voltak vannak ezt annak ennek
    arra erre által során illetve valamint ezek azok mely olyan ilyen sem saját két`,
  ro:
    `și de la în a cu pe nu un o să se ce care din este sunt pentru mai au fost că dar sau prin al ale ei el ea lor lui
    le ca fi fie are am ar era după între fără foarte acest această aceste acestui când unde dacă poate toate toți
    decât până doar cum către despre fiecare alte altă unui unei`,
  tr:
    `ve bir bu da de için ile çok daha olarak gibi olan var ne o ama en kadar sonra her ki mi değil ya olduğu yok onun
    ben sen biz siz bunu şu veya ise göre hiç nasıl neden çünkü önce iki diye tarafından üzerinde arasında olduğunu
    eder olur oldu vardı şey böyle ancak hem kendi bile yeni etmek`,
  vi:
    `và của là có không được trong cho một các với này người những đã khi để từ đến như về ở thì ra vào nhiều tôi anh
    chị ông bà nó họ cũng sẽ đang rất mà nếu hay hoặc bị phải nên lại chỉ đó nào trên dưới sau trước theo vì`,
  id:
    `yang dan di ini itu dengan untuk dari tidak dalam akan pada ke juga oleh adalah ada mereka saya sudah atau seperti
    kami kita bisa dapat harus telah lebih karena hanya bahwa tersebut saat bagi hingga setelah sebuah orang anda dia
    ia sebagai namun masih agar jika ketika para belum lagi menjadi`,
});

/** Parts of words that weigh as much as a common word. */
export const LETTERS: Readonly<Record<string, RegExp>> = {
  de: /\u00df/,
  es: /\u00f1/,
  pt: /[\u00e3\u00f5]/,
  sv: /\u00e5[a-z]*\u00e4|\u00e4[a-z]*\u00e5/,
  fi: /(?:ss|st|ll|lt)[a\u00e4]$|\u00e4\u00e4|\u00f6\u00f6|yy/,
  pl: /[\u0105\u0119\u0142\u017c\u015b]/,
  cs: /[\u011b\u0159\u016f]/,
  sk: /[\u013e\u0155\u013a\u00f4]/,
  hu: /[\u0151\u0171]/,
  ro: /[\u0103\u0219\u021b]/,
  tr: /[\u011f\u0131]|l[ae]r[ai\u0131]|m[ae]kt?[ae]/,
  vi: /[\u01a1\u01b0\u1ea0-\u1ef9\u0111]/,
};
