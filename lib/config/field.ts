// What one key of the configuration may hold: the shapes of the entries in fields.ts.
// Knows no key and no value.

/** A whole number from `min` to `max`. */
export interface IntegerType {
  /** Kind of value. */
  readonly type: "integer";
  /** Value where nothing is said. */
  readonly default: number;
  /** Smallest value. */
  readonly min: number;
  /** Largest value. */
  readonly max: number;
  /** What is counted: `tokens`. */
  readonly unit?: string;
}

/** A finite number from `min` to `max`. */
export interface NumberType {
  /** Kind of value. */
  readonly type: "number";
  /** Value where nothing is said. */
  readonly default: number;
  /** Lower end of the range. */
  readonly min: number;
  /** Upper end of the range. */
  readonly max: number;
  /** The end that is itself excluded. */
  readonly open?: "min" | "max";
  /** What is measured. */
  readonly unit?: string;
}

/** True or false. */
export interface FlagType {
  /** Kind of value. */
  readonly type: "flag";
  /** Value where nothing is said. */
  readonly default: boolean;
}

/** One of a few words. */
export interface ChoiceType {
  /** Kind of value. */
  readonly type: "choice";
  /** Value where nothing is said. */
  readonly default: string;
  /** The words. */
  readonly choices: readonly string[];
  /** Other words accepted for them. */
  readonly aliases?: Readonly<Record<string, string>>;
}

/** Any text, or a folder. */
export interface TextType {
  /** Kind of value. */
  readonly type: "text";
  /** Value where nothing is said. */
  readonly default: string;
  /** It is the path of a folder that sheepop may create. */
  readonly folder?: true;
  /** Regular expression that it matches. */
  readonly pattern?: string;
  /** The texts of that pattern in words: `a language such as eng`. */
  readonly allows?: string;
}

/** A list of texts. */
export interface TextListType {
  /** Kind of value. */
  readonly type: "textList";
  /** Value where nothing is said. */
  readonly default: readonly string[];
  /** Shortest list. */
  readonly minItems?: number;
  /** Splits one value of the command line or environment into several. */
  readonly separator?: ",";
  /** What the texts are, in the plural: `paths`. */
  readonly unit: string;
}

/** What a value may be. */
export type FieldType = IntegerType | NumberType | FlagType | ChoiceType | TextType | TextListType;

/** One key of the configuration. */
export interface Field {
  /** One sentence without a full stop. */
  readonly doc: string;
  /** Type, default, range and unit. */
  readonly is: FieldType;
}
