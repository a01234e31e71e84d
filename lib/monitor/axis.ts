// One axis of a chart: its range, its ticks at round numbers and their labels.
// Knows numbers, not pixels: a position is a fraction of the axis, 0 at its low end and 1 at its high end.

/** A marked value. */
export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** What an axis needs to know. */
export interface AxisOptions {
  /** Smallest value shown. */
  readonly min: number;
  /** Largest value shown; on a logarithmic axis at least `MIN_SIZE`, as is `min`. */
  readonly max: number;
  readonly isLog?: boolean;
  /** About how many ticks there is room for. */
  readonly tickCount: number;
  /** Ticks at whole numbers only. */
  readonly isWhole?: boolean;
}

/** A scale with ticks. */
export interface Axis {
  readonly isLog: boolean;
  readonly ticks: readonly Tick[];
  /** Where a value lies, as a fraction; NaN when the axis cannot show it. */
  position(value: number): number;
}

// Mantissas of the ticks of a logarithmic axis, from the sparsest choice to the densest.
const LOG_MANTISSAS = [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 5, 7], [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8]];
const MIN_TICKS = 3;
// Smaller numbers are written with an exponent.
const MIN_DECIMAL = 1e-4;
// A range narrower than this share of its values is rounding noise, not a range.
const MIN_RANGE = 1e-9;
/** A range of values nearer to 0 than this is shown as 0, and not on a logarithmic axis. */
export const MIN_SIZE = 1e-100;
const MINUS = "\u2212";
// From what size on a number is written in a larger unit.
const UNITS: readonly (readonly [from: number, unit: number, suffix: string])[] = [
  [1e9, 1e9, "B"],
  [1e6, 1e6, "M"],
  [1e5, 1e3, "k"],
];

/**
 * Makes an axis.
 *
 * @param options.min - finite
 * @param options.max - finite; when equal to `min` the axis gets a width of its own
 */
export function makeAxis(options: AxisOptions): Axis {
  const { isLog = false, tickCount, isWhole = false } = options;
  const [min, max] = widen(options.min, options.max, isLog);
  const values = isLog ? logTicks(min, max, tickCount) : linearTicks(min, max, { tickCount, isWhole });
  const transform = isLog ? Math.log : (value: number) => value;
  const start = transform(min);
  const width = transform(max) - start;
  return {
    isLog,
    ticks: labelTicks(values, isLog),
    position: (value) =>
      Number.isFinite(value) && !(isLog && value <= 0) ? (transform(value) - start) / width : NaN,
  };
}

/**
 * A number in few characters: `1,500`, `200k`, `0.05`, `2e-5`.
 *
 * @param value - finite; six digits are kept
 */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size < MIN_DECIMAL && size !== 0) return formatExponent(value);
  const [, unit, suffix] = unitOf(size);
  return groupThousands(trim(value / unit)) + suffix;
}

/** A measured value in four digits that count: `1.420`, `0.09531`. */
export function formatMeasure(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e-2 && size < 1000) return value.toPrecision(4).replace("-", MINUS);
  return formatNumber(Number(value.toPrecision(4)));
}

/** Whole numbers with a comma every three digits: `1,234,567`. */
export function groupThousands(text: string): string {
  const [whole, fraction] = text.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

function widen(min: number, max: number, isLog: boolean): [number, number] {
  const size = Math.max(Math.abs(min), Math.abs(max));
  if (isLog) return max > min * (1 + MIN_RANGE) ? [min, max] : [min / 2, max * 2];
  if (size < MIN_SIZE) return [0, 1];
  return max - min > MIN_RANGE * size ? [min, max] : [min - size / 2, max + size / 2];
}

/** Steps of 1, 2, 2.5 or 5 times a power of ten, the finest that stays near the wanted count. */
function linearTicks(min: number, max: number, options: { tickCount: number; isWhole: boolean }): number[] {
  const rough = (max - min) / options.tickCount;
  const power = 10 ** Math.floor(Math.log10(rough));
  const steps = [1, 2, 2.5, 5, 10].map((factor) => Number((factor * power).toPrecision(12)));
  const step = steps.find((size) => size >= rough * 0.999 && (!options.isWhole || Number.isInteger(size))) ??
    1;
  const values: number[] = [];
  for (let i = Math.ceil(min / step - 1e-9); i * step <= max + step * 1e-9; i++) {
    values.push(Number((i * step).toPrecision(12)));
  }
  return values;
}

/** Round multiples of powers of ten; over a narrow range they are too few, and even steps serve better. */
function logTicks(min: number, max: number, tickCount: number): number[] {
  for (const mantissas of LOG_MANTISSAS) {
    const values: number[] = [];
    for (let power = Math.floor(Math.log10(min)); power <= Math.log10(max); power++) {
      for (const mantissa of mantissas) values.push(Number(`${mantissa}e${power}`));
    }
    const inside = values.filter((value) => value >= min && value <= max);
    if (inside.length >= Math.max(MIN_TICKS, tickCount * 0.6)) return thin(inside, tickCount);
  }
  return linearTicks(min, max, { tickCount, isWhole: false }).filter((value) => value > 0);
}

/** Every second, third ... tick, so that about `tickCount` are left. */
function thin(values: number[], tickCount: number): number[] {
  const every = Math.ceil(values.length / (tickCount * 1.6));
  return values.filter((_, i) => i % every === 0);
}

/** Even ticks share one notation, an exponent or the decimals of the finest; log ticks need not. */
function labelTicks(values: readonly number[], isLog: boolean): Tick[] {
  const needsExponent = values.some((value) => value !== 0 && Math.abs(value) < MIN_DECIMAL);
  const largest = Math.max(0, ...values.map(Math.abs));
  const [, unit, suffix] = unitOf(largest);
  const decimals = Math.max(0, ...values.map((value) => trim(value / unit).split(".")[1]?.length ?? 0));
  const format = (value: number): string => {
    if (value === 0) return "0";
    if (isLog) return formatNumber(value);
    if (needsExponent) return formatExponent(value);
    return groupThousands((value / unit).toFixed(decimals)).replace("-", MINUS) + suffix;
  };
  return values.map((value) => ({ value, label: format(value) }));
}

function unitOf(size: number): readonly [from: number, unit: number, suffix: string] {
  return UNITS.find(([from]) => size >= from) ?? [0, 1, ""];
}

function formatExponent(value: number): string {
  return value.toExponential(5).replace(/\.?0+e/, "e").replaceAll("-", MINUS);
}

function trim(value: number): string {
  return String(Number(value.toPrecision(6))).replace("-", MINUS);
}
