// A folder for one test, removed when the test ends.

/** Opens a fresh folder below the system's temporary one. */
export async function openTempFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "sheepop-test-" });
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
