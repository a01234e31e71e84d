import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { loadConfig } from "../../../lib/config/load_config.ts";

const FOLDER = fromFileUrl(new URL("../../../data/configs/", import.meta.url));
const FILES = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).filter((name) => !name.endsWith(".md"))
  .sort();

Deno.test("data/configs ships a file of every format", () => {
  const endings = new Set(FILES.map((name) => name.split(".").at(-1)));
  assertEquals(endings, new Set(["yaml", "toml", "json"]));
});

for (const name of FILES) {
  Deno.test(`loadConfig() accepts data/configs/${name}`, async () => {
    const { origins } = await loadConfig({ file: `${FOLDER}${name}` });
    assert([...origins.values()].some((origin) => origin.startsWith("file ")), "it sets something");
  });

  if (name.endsWith(".json")) continue;
  Deno.test(`data/configs/${name} comments every key it sets`, async () => {
    const lines = (await Deno.readTextFile(`${FOLDER}${name}`)).split("\n");
    lines.forEach((line, i) => {
      if (/^\s*[a-z_0-9]+\s*[=:]\s*\S/.test(line)) {
        assert(/^\s*# /.test(lines[i - 1]), `${name}:${i + 1}: ${line}`);
      }
    });
  });
}

Deno.test("data/configs/README.md names every file", async () => {
  const page = await Deno.readTextFile(`${FOLDER}README.md`);
  for (const name of FILES) assert(page.includes(`\`${name}\``), name);
});
