// Ingests and tokenizes in a process of its own, so that a test can kill it.
//
//   deno run -A _pipeline.ts <corpus> <cache>

import { defaultConfig } from "../../../lib/config/config.ts";
import { tokenize } from "../../../lib/dataset/tokenize.ts";
import { ingest } from "../../../lib/ingest/ingest.ts";

const config = defaultConfig();
const [corpus, cache] = Deno.args;
Object.assign(config.data, { paths: [corpus], outputDir: cache, mode: "line", minLength: 1 });
const say = (stage: string): void => void Deno.stdout.writeSync(new TextEncoder().encode(`${stage}\n`));
const text = await ingest(config, { onProgress: (event) => say(`ingest ${event.stage}`) });
const { dir } = await tokenize(config, text, { onProgress: (event) => say(`tokenize ${event.stage}`) });
say(dir);
