/** Ascending places, each at least `gap` behind the one before, as near to those wanted (ascending) and within the limits as there is room. */
export function spread(
  wanted: readonly number[],
  gap: number,
  [first, last]: readonly [number, number] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
): number[] {
  const places: number[] = [];
  for (const place of wanted) places.push(Math.max(place, first, (places.at(-1) ?? Number.NEGATIVE_INFINITY) + gap));
  let most = last;
  for (let i = places.length - 1; i >= 0; i--, most -= gap) places[i] = Math.min(places[i], most);
  return places;
}
