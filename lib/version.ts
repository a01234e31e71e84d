// Version of sheepop, as in deno.json.

import manifest from "../deno.json" with { type: "json" };

export const VERSION: string = manifest.version;
