import { assert } from "@std/assert";
import { generateDeclaration } from "../../cli/_generate_declaration.ts";
import { trainDeclaration } from "../../cli/_train_declaration.ts";
import { COMMANDS } from "../../cli/_commands.ts";
import { formatCommandHelp, formatHelp } from "../../cli/_help.ts";
import { parseArguments } from "../../cli/_arguments.ts";
import type { CommandDeclaration } from "../../cli/command.ts";

const OWN_COMMANDS = ["ingest", "tokenize", "evaluate", "plot", "doctor", "profile", "tune", "config"];

Deno.test("formatHelp() lists the commands and the exit statuses", async (t) => {
  await t.assertSnapshot(formatHelp(COMMANDS.filter(({ name }) => OWN_COMMANDS.includes(name))));
});

for (const declaration of await declarations()) {
  Deno.test(`formatCommandHelp() explains ${declaration.name}`, async (t) => {
    await t.assertSnapshot(formatCommandHelp(declaration));
  });

  Deno.test(`formatCommandHelp() shows examples of ${declaration.name} that parse`, () => {
    for (const { line } of declaration.examples) {
      const words = line.replace(/ > .*/, "").match(/"[^"]*"|\S+/g)!.map((word) => word.replaceAll('"', ""));
      assert(words[0] === "sheepop" && words[1] === declaration.name, line);
      parseArguments(declaration, words.slice(2));
    }
  });
}

Deno.test("formatCommandHelp() keeps to 100 columns", async () => {
  for (const declaration of await declarations()) {
    for (const line of formatCommandHelp(declaration).split("\n")) assert(line.length <= 100, line);
  }
});

async function declarations(): Promise<CommandDeclaration[]> {
  const own = COMMANDS.filter(({ name }) => OWN_COMMANDS.includes(name));
  return [...await Promise.all(own.map((entry) => entry.load())), trainDeclaration, generateDeclaration];
}
