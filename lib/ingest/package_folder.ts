// The one folder that a child with packages may read.

/** Where the runtime keeps npm packages. */
export async function findPackageFolder(): Promise<string> {
  const args = ["info", "--json", "--no-config"];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "null" }).output();
  return (JSON.parse(new TextDecoder().decode(stdout)) as { npmCache: string }).npmCache;
}
