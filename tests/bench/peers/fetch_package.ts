// Loads a package of this folder's deno.json, so that a peer that cannot be had is told from one that fails.

await import(Deno.args[0]);
Deno.exit(0);
