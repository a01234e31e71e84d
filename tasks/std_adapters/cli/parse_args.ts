// The part of `@std/cli` that sheepop uses, `parseArgs`, for machines where JSR does not answer.
// Behaves as the original for every option; its result is typed `unknown` by name, the original infers more.

/** What {@link parseArgs} does with names. */
export interface ParseOptions {
  /** Whether everything behind `--` goes to `result["--"]` instead of `result._`. */
  "--"?: boolean;
  /** Other names of a name. */
  alias?: Record<string, string | readonly string[]>;
  /** Names that take no value; `true` for every long name without `=`. */
  boolean?: boolean | string | readonly string[];
  /** Values of names that are not given. */
  default?: Record<string, unknown>;
  /** Whether everything behind the first positional is positional. */
  stopEarly?: boolean;
  /** Names whose value stays text. */
  string?: string | readonly string[];
  /** Names that may be repeated; their value is a list. */
  collect?: string | readonly string[];
  /** Names that `--no-<name>` sets to false. */
  negatable?: string | readonly string[];
  /** Called with what no option names; returning `false` drops it. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** Values by name, positionals in `_`. */
export type Args = { [name: string]: unknown; _: Array<string | number>; "--"?: string[] };

/**
 * Parses command line arguments.
 *
 * @param args the arguments, usually `Deno.args`
 * @param options the known names
 * @returns values by name, positionals in `_`
 */
export function parseArgs(args: readonly string[], options: ParseOptions = {}): Args {
  return new ArgsParser(options).parse(args);
}

const NUMBER = /^(?:0x[0-9a-f]+|[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?)$/i;
const SHORT_NUMBER = /^-?\d+(?:\.\d*)?(?:e-?\d+)?$/i;

class ArgsParser {
  readonly #options: ParseOptions;
  readonly #aliases = new Map<string, string[]>();
  readonly #booleans: Set<string>;
  readonly #strings: Set<string>;
  readonly #collected: Set<string>;
  readonly #negatable: Set<string>;
  readonly #result: Args = { _: [] };

  constructor(options: ParseOptions) {
    this.#options = options;
    for (const [name, others] of Object.entries(options.alias ?? {})) {
      const names = [name, ...listOf(others)];
      for (const one of names) this.#aliases.set(one, names.filter((other) => other !== one));
    }
    const { boolean } = options;
    this.#booleans = this.#withAliases(typeof boolean === "boolean" ? [] : listOf(boolean));
    this.#strings = this.#withAliases(listOf(options.string));
    this.#collected = this.#withAliases(listOf(options.collect));
    this.#negatable = this.#withAliases(listOf(options.negatable));
  }

  parse(args: readonly string[]): Args {
    const end = args.indexOf("--");
    const named = end < 0 ? args : args.slice(0, end);
    const rest = end < 0 ? [] : args.slice(end + 1);
    for (let i = 0; i < named.length; i++) {
      const arg = named[i];
      if (/^--.+/.test(arg)) {
        i += this.#long(arg, named[i + 1]);
      } else if (/^-[^-]/.test(arg)) {
        i += this.#short(arg, named[i + 1]);
      } else {
        this.#positional(arg);
        if (!this.#options.stopEarly) continue;
        this.#result._.push(...named.slice(i + 1));
        break;
      }
    }
    this.#addDefaults();
    if (this.#options["--"]) this.#result["--"] = [...rest];
    else this.#result._.push(...rest);
    return this.#result;
  }

  /** Takes `--name`, `--name=value`, `--name value`, `--no-name`; returns how many further arguments it used. */
  #long(arg: string, next: string | undefined): number {
    const equals = arg.indexOf("=");
    if (equals > 2) {
      const name = arg.slice(2, equals);
      const value = arg.slice(equals + 1);
      this.#set(name, this.#booleans.has(name) ? value !== "false" : value, arg);
      return 0;
    }
    const name = arg.slice(2);
    const positive = name.replace(/^no-/, "");
    if (positive !== name && this.#negatable.has(positive)) {
      this.#set(positive, false, arg, false);
      return 0;
    }
    const isBoolean = this.#booleans.has(name) || this.#options.boolean === true;
    const isAliasOfBoolean = (this.#aliases.get(name) ?? []).some((other) => this.#booleans.has(other));
    if (next && !next.startsWith("-") && !isBoolean && !isAliasOfBoolean) {
      this.#set(name, next, arg);
      return 1;
    }
    return this.#flag(name, arg, next);
  }

  /** Takes `-n`, `-n value`, `-n5`, `-abc`, `-a=value`; returns how many further arguments it used. */
  #short(arg: string, next: string | undefined): number {
    const letters = arg.slice(1, -1);
    for (let i = 0; i < letters.length; i++) {
      const letter = letters[i];
      const tail = arg.slice(i + 2);
      if (tail === "-") {
        this.#set(letter, tail, arg);
      } else if (/[a-z]/i.test(letter) && tail.includes("=")) {
        this.#set(letter, tail.slice(tail.indexOf("=") + 1), arg);
        return 0;
      } else if (/[a-z]/i.test(letter) && SHORT_NUMBER.test(tail)) {
        this.#set(letter, tail, arg);
        return 0;
      } else if (/\W/.test(letters[i + 1] ?? "")) {
        this.#set(letter, tail, arg);
        return 0;
      } else {
        this.#set(letter, this.#strings.has(letter) ? "" : true, arg);
      }
    }
    const last = arg.at(-1)!;
    if (last === "-") return 0;
    if (next && !/^(-|--)[^-]/.test(next) && !this.#booleans.has(last)) {
      this.#set(last, next, arg);
      return 1;
    }
    return this.#flag(last, arg, next);
  }

  #flag(name: string, arg: string, next: string | undefined): number {
    if (next === "true" || next === "false") {
      this.#set(name, next === "true", arg);
      return 1;
    }
    this.#set(name, this.#strings.has(name) ? "" : true, arg);
    return 0;
  }

  #positional(arg: string): void {
    if (this.#options.unknown?.(arg) === false) return;
    this.#result._.push(this.#strings.has("_") || !NUMBER.test(arg) ? arg : Number(arg));
  }

  #set(name: string, raw: unknown, arg: string, isCollectable = true): void {
    if (this.#isUnknown(name, arg) && this.#options.unknown?.(arg, name, raw) === false) return;
    const value = typeof raw === "string" && !this.#strings.has(name) && NUMBER.test(raw) ? Number(raw) : raw;
    for (const one of [name, ...(this.#aliases.get(name) ?? [])]) {
      this.#write(one, value, isCollectable && this.#collected.has(one));
    }
  }

  #isUnknown(name: string, arg: string): boolean {
    if (this.#options.boolean === true && /^--[^=]+$/.test(arg)) return false;
    return ![this.#booleans, this.#strings, this.#collected, this.#aliases].some((known) => known.has(name));
  }

  #write(name: string, value: unknown, isCollected: boolean): void {
    const path = name.split(".");
    if (path.includes("__proto__") || path.includes("constructor") || path.includes("prototype")) return;
    let target: Record<string, unknown> = this.#result;
    for (const part of path.slice(0, -1)) {
      if (typeof target[part] !== "object" || target[part] === null) target[part] = {};
      target = target[part] as Record<string, unknown>;
    }
    const key = path.at(-1)!;
    if (!isCollected) target[key] = value;
    else target[key] = Array.isArray(target[key]) ? [...target[key], value] : [value];
  }

  #addDefaults(): void {
    for (const [name, value] of Object.entries(this.#options.default ?? {})) {
      if (this.#isAbsent(name)) {
        for (const one of [name, ...(this.#aliases.get(name) ?? [])]) this.#write(one, value, false);
      }
    }
    for (const name of this.#booleans) {
      if (this.#isAbsent(name)) this.#write(name, this.#collected.has(name) ? [] : false, false);
    }
    for (const name of this.#strings) {
      if (this.#isAbsent(name) && this.#collected.has(name)) this.#write(name, [], false);
    }
  }

  #isAbsent(name: string): boolean {
    let value: unknown = this.#result;
    for (const part of name.split(".")) {
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return true;
      value = (value as Record<string, unknown>)[part];
    }
    return false;
  }

  #withAliases(names: readonly string[]): Set<string> {
    return new Set(names.flatMap((name) => [name, ...(this.#aliases.get(name) ?? [])]));
  }
}

function listOf(names: string | readonly string[] | undefined): readonly string[] {
  return names === undefined ? [] : typeof names === "string" ? [names] : names;
}
