/** Larger is better in each. */
export type Merits = readonly number[];

/** Whether `one` is nowhere worse than the other, and somewhere better. */
export function dominates(one: Merits, other: Merits): boolean {
  return one.every((value, i) => value >= other[i]) && one.some((value, i) => value > other[i]);
}

/** Those that no other dominates, in their order. */
export function paretoFront<Item>(items: readonly Item[], meritsOf: (item: Item) => Merits): Item[] {
  const merits = items.map(meritsOf);
  return items.filter((_, i) => !merits.some((other) => dominates(other, merits[i])));
}
