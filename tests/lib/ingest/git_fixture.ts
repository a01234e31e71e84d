// Repositories made by the git of this machine.

import { assert } from "@std/assert";
import { dirname, join } from "node:path";

/** Whether there is a git to test with. */
export const HAS_GIT = await new Deno.Command("git", { args: ["--version"], stdout: "null" }).output().then(
  ({ success }) => success,
  () => false,
);

/** Runs git in a folder and gives what it writes. */
export async function git(folder: string, ...args: string[]): Promise<string> {
  const settings = [
    "user.name=A",
    "user.email=a@example.com",
    "init.defaultBranch=main",
    "core.hooksPath=/dev/null",
  ];
  const { success, stdout, stderr } = await new Deno.Command("git", {
    args: [...settings.flatMap((setting) => ["-c", setting]), ...args],
    cwd: folder,
    env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" },
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** Writes files and commits them, into a repository that is made where there is none. */
export async function commitFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await Deno.mkdir(dirname(join(folder, name)), { recursive: true });
    await Deno.writeTextFile(join(folder, name), text);
  }
  await git(folder, "init", "--quiet");
  await git(folder, "add", "--all", "--force");
  await git(folder, "commit", "--quiet", "--message", "files");
}
