// Work side by side, results in the order of the inputs: what comes of it does not depend on how many hands there are.

/** How much is in work at once. */
export interface InOrderOptions<Item> {
  /** Items at most. */
  readonly width: number;
  /** What an item weighs, such as bytes it holds in memory. */
  readonly weight?: (item: Item) => number;
  /** Weight at most; a single heavier item is worked on alone. */
  readonly maxWeight?: number;
}

/**
 * Calls `run` for several items at once and yields what it gives in the order of the items.
 *
 * @param items - taken as places become free
 * @param run - must not reject for anything that is not the end of the whole work
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  run: (item: Item) => Promise<Result>,
  options: InOrderOptions<Item>,
): AsyncGenerator<Result> {
  const { width, weight = () => 0, maxWeight = Infinity } = options;
  const running: { readonly result: Promise<Result>; readonly weight: number }[] = [];
  let held = 0;
  for await (const item of items) {
    const itemWeight = weight(item);
    while (running.length > 0 && (running.length >= width || held + itemWeight > maxWeight)) {
      const first = running.shift()!;
      held -= first.weight;
      yield await first.result;
    }
    held += itemWeight;
    const result = run(item);
    result.catch(() => {}); // told when its turn comes
    running.push({ result, weight: itemWeight });
  }
  for (const { result } of running) yield await result;
}
