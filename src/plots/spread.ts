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

/** Places on a logarithmic axis `pixels` long for labels of these values, in their order, each at least `gap` pixels from the next. */
export function spreadOnLog(
  values: readonly number[],
  gap: number,
  [least, most]: readonly [number, number],
  pixels: number,
): number[] {
  const order = [...values.keys()].sort((a, b) => values[b] - values[a]);
  const places = spread(
    order.map((index) => -Math.log10(values[index])),
    (gap * Math.log10(most / least)) / pixels,
    [-Math.log10(most), -Math.log10(least)],
  );
  const inOrder: number[] = [];
  for (const [place, index] of order.entries()) inOrder[index] = 10 ** -places[place];
  return inOrder;
}
