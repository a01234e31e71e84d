// Optical character recognition: the bytes of an image in, its text out. The engine is Tesseract's LSTM recogniser,
// compiled to WebAssembly, and runs in this thread: no worker and no permission but reading two package folders. The
// plain SIMD build is taken, because relaxed SIMD may round differently from one processor to the next and the same
// scan should give the same text everywhere. Knows neither image formats (_image_header.ts) nor documents (image.ts).
// See https://github.com/naptha/tesseract.js-core and https://github.com/tesseract-ocr/tesseract

import { gunzipSync } from "node:zlib";
import type { Config } from "../../config/config.ts";
import { LANGUAGE_IS_MISSING } from "../parse_lines.ts";
import { ParseFailure } from "./parser.ts";

/** Reads text off images, one after the other. */
export interface Recognizer extends Disposable {
  /**
   * Reads one image, lines ended by a newline and paragraphs parted by an empty one.
   *
   * @param image - a PNG, JPEG, BMP, WebP or GIF (its first picture), PBM, PGM, PPM or TIFF (its first page)
   * @param orientation - EXIF orientation, 1 to 8; 1 is upright
   * @returns the text, without white space around it; empty when there is none that can be read with confidence
   * @throws {ParseFailure} when the image cannot be decoded or is too large for the engine
   */
  recognize(image: Uint8Array, orientation?: number): Promise<string>;
  /** Hands the engine back, for the next recogniser. */
  close(): void;
}

/** What we use of the engine's interface. */
interface Engine {
  readonly FS: { writeFile(path: string, bytes: Uint8Array): void; unlink(path: string): void };
  readonly TessBaseAPI: new () => EngineApi;
}

interface EngineApi {
  /** 0 means success. */
  Init(folder: null, language: string, engineMode: number): number;
  SetVariable(name: string, value: string): void;
  /** Decodes `/input`; 0 means success. */
  SetImageFile(orientation: number, radians: number): number;
  /** 0 means success. */
  Recognize(monitor: null): number;
  GetUTF8Text(): string;
  /** Percent. */
  MeanTextConf(): number;
  Clear(): void;
}

type EngineFactory = (options: {
  print(line: string): void;
  printErr(line: string): void;
  instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void): void;
}) => Promise<Engine>;

interface OpenEngine {
  readonly language: string;
  readonly engine: Engine;
  readonly api: EngineApi;
  readonly memory: WebAssembly.Memory;
}

const LSTM_ONLY = 1;
/** Finds columns and paragraphs by itself; the engine's own default takes the page for one block and mixes columns. */
const SEGMENT_AUTOMATICALLY = "3";
/** WebAssembly memory never shrinks: past this many bytes the engine is replaced after the image that took them. */
const MAX_KEPT_BYTES = 512 * 2 ** 20;
const DATA_VERSION = "1.0.0";
/** Percent. Print that people can read, noisy and skewed too, is above 80; letters seen in pictures are below 50. */
const MIN_CONFIDENCE = 50;
/** What each EXIF orientation becomes when the picture is turned by 180 degrees. */
const UPSIDE_DOWN = [1, 3, 4, 1, 2, 7, 8, 5, 6];

let compiled: Promise<WebAssembly.Module> | undefined;
/** The engine that was closed last, for the next recogniser of its language. */
let idle: OpenEngine | undefined;

/**
 * Opens the recogniser for `data.ocr_language`.
 *
 * @throws {ParseFailure} when there is no package with data of the language
 */
export async function openRecognizer(data: Config["data"]): Promise<Recognizer> {
  const language = data.ocrLanguage;
  let open: OpenEngine | undefined = await takeEngine(language);
  const close = (): void => {
    idle = open ?? idle;
    open = undefined;
  };
  return {
    async recognize(image, orientation = 1) {
      open ??= await takeEngine(language);
      try {
        const text = recognizeOne(open, image, orientation);
        if (open.memory.buffer.byteLength > MAX_KEPT_BYTES) open = undefined;
        return text;
      } catch (error) {
        if (error instanceof ParseFailure) throw error;
        // memory ran out or the engine trapped: nothing in it can be trusted any more
        open = undefined;
        throw new ParseFailure("failed", "text recognition broke down", { cause: error });
      }
    },
    close,
    [Symbol.dispose]: close,
  };
}

function recognizeOne({ engine, api }: OpenEngine, image: Uint8Array, orientation: number): string {
  engine.FS.writeFile("/input", image);
  try {
    // the engine finds pages that lie on their side by itself, and takes those upside down for bad print
    for (const turned of [orientation, UPSIDE_DOWN[orientation]]) {
      if (api.SetImageFile(turned, 0) !== 0) throw new ParseFailure("failed", "damaged image");
      if (api.Recognize(null) !== 0) throw new ParseFailure("failed", "text recognition gave up");
      const text = api.GetUTF8Text().trim();
      if (text === "" || api.MeanTextConf() >= MIN_CONFIDENCE) return text;
    }
    return "";
  } finally {
    api.Clear();
    engine.FS.unlink("/input");
  }
}

async function takeEngine(language: string): Promise<OpenEngine> {
  const found = idle?.language === language ? idle : undefined;
  idle = undefined;
  return found ?? await openEngine(language);
}

async function openEngine(language: string): Promise<OpenEngine> {
  const trained = await readTrainedData(language);
  const { default: factory } = await import("npm:tesseract.js-core@7.0.0/tesseract-core-simd-lstm.js") as {
    default: EngineFactory;
  };
  const program = await (compiled ??= compileEngine());
  const started = Promise.withResolvers<WebAssembly.Instance>();
  const engine = await factory({
    // libraries inside it tell of every damaged image; the status they return is enough
    print: () => {},
    printErr: () => {},
    instantiateWasm(imports, done) {
      const instance = new WebAssembly.Instance(program, imports);
      started.resolve(instance);
      done(instance);
    },
  });
  const { exports } = await started.promise;
  const memory = Object.values(exports).find((one) => one instanceof WebAssembly.Memory);
  if (!memory) throw new Error("Internal: the engine of text recognition has no memory");
  return { language, engine, api: startApi(engine, language, trained), memory };
}

function startApi(engine: Engine, language: string, trained: Uint8Array): EngineApi {
  engine.FS.writeFile(`${language}.traineddata`, trained);
  const api = new engine.TessBaseAPI();
  if (api.Init(null, language, LSTM_ONLY) !== 0) {
    throw new ParseFailure("failed", "damaged language data of data.ocr_language");
  }
  engine.FS.unlink(`${language}.traineddata`);
  api.SetVariable("tessedit_pageseg_mode", SEGMENT_AUTOMATICALLY);
  return api;
}

async function compileEngine(): Promise<WebAssembly.Module> {
  const url = import.meta.resolve("npm:tesseract.js-core@7.0.0/tesseract-core-simd-lstm.wasm");
  return await WebAssembly.compile(await Deno.readFile(new URL(url)));
}

async function readTrainedData(language: string): Promise<Uint8Array> {
  if (!/^[a-z_]{2,32}$/.test(language)) throw new RangeError(`data.ocr_language is no language: ${language}`);
  try {
    const { default: { langPath } } = await importLanguage(language);
    // the integer model: as accurate as the other, a quarter of its size
    return gunzipSync(await Deno.readFile(`${langPath}_best_int/${language}.traineddata.gz`));
  } catch (cause) {
    throw new ParseFailure("failed", LANGUAGE_IS_MISSING, { cause });
  }
}

async function importLanguage(language: string): Promise<{ default: { langPath: string } }> {
  // spelled out, so that it is fetched and packed with the program
  if (language === "eng") return await import("npm:@tesseract.js-data/eng@1.0.0");
  return await import(`npm:@tesseract.js-data/${language}@${DATA_VERSION}`);
}
