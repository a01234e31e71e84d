// What a command of `sheepop` is: a declaration (flags, arguments, examples), from which parsing and --help
// are made, and a function that runs it. A new command is one file with a `Command` and one line in
// _commands.ts.

import type { ConfigGroup } from "../lib/config/config.ts";
import type { ConfigSources, LoadedConfig } from "../lib/config/load_config.ts";

/** A flag that is no key of the configuration. */
export interface Flag {
  /** Name without dashes: `resume`. */
  readonly name: string;
  /** One sentence without a full stop. */
  readonly doc: string;
  /** What the value is called in help: `FILE`; a switch without value where left out. */
  readonly value?: string;
  /** How the value is read; text where left out. */
  readonly kind?: "text" | "integer" | "number";
  /** Smallest number allowed. */
  readonly min?: number;
  /** The value may be left out. */
  readonly isValueOptional?: boolean;
  readonly isRepeatable?: boolean;
  /** The command cannot run without it. */
  readonly isRequired?: boolean;
  /** Flags, without dashes, that cannot stand beside it. */
  readonly conflicts?: readonly string[];
  /** Said on standard error when the flag is given, for a flag that changes nothing. */
  readonly notice?: string;
}

/** The arguments that are no flags. */
export interface Positional {
  /** What it is called in help: `PATH`. */
  readonly name: string;
  readonly doc: string;
  /** Most arguments allowed. */
  readonly max: number;
  /** Fewest arguments; 0 where left out. */
  readonly min?: number;
  /** Key of the configuration that takes them: `data.paths`. */
  readonly key?: string;
}

/** A command line to show in help. */
export interface Example {
  readonly line: string;
  readonly doc: string;
}

/** Everything about a command except what it does. */
export interface CommandDeclaration {
  readonly name: string;
  /** What it does, in one or two sentences. */
  readonly doc: string;
  readonly examples: readonly Example[];
  /** Groups (`data`) and single keys (`monitor.png`) of the configuration it uses; each key is a flag. */
  readonly settings?: readonly (ConfigGroup | `${ConfigGroup}.${string}`)[];
  readonly flags?: readonly Flag[];
  readonly positional?: Positional;
  /** Arguments as the usage line shows them, where the positional's name does not say enough. */
  readonly usage?: string;
  /** Other names of flags, without dashes: SheepOp's name, and ours. */
  readonly aliases?: Readonly<Record<string, string>>;
}

/** A command that can run. */
export interface Command extends CommandDeclaration {
  /** Runs it; a number is the exit status. Mistakes of the user are thrown as UsageError. */
  run(call: CommandCall): Promise<number | void>;
}

/** One call of a command: what was written, and the way to the configuration. */
export interface CommandCall {
  /** Arguments that are no flags, unless a key of the configuration takes them. */
  readonly positionals: readonly string[];
  /** `--debug` was given. */
  readonly isDebug: boolean;
  /** The flag was given, with or without value. */
  isSet(flag: string): boolean;
  /** Value of a flag; undefined where it was not given, empty where its optional value was left out. */
  text(flag: string): string | undefined;
  /** All values of a repeatable flag. */
  texts(flag: string): readonly string[];
  /** Value of a flag of kind integer or number. */
  number(flag: string): number | undefined;
  /**
   * Loads the configuration: defaults (or `base`) < file < environment < flags of this call.
   *
   * @param options.base - starting point instead of the defaults, such as a checkpoint's configuration
   * @param options.groups - takes file, environment and flags for these groups only
   */
  loadConfig(options?: Pick<ConfigSources, "base" | "baseOrigin" | "groups">): Promise<LoadedConfig>;
}

/** A line of the command table; `load` keeps start-up free of what the command needs. */
export interface CommandEntry {
  readonly name: string;
  /** A few words for `sheepop --help`. */
  readonly summary: string;
  load(): Promise<Command>;
}
