/** The whole numbers 0 … length − 1 by what `keyOf` gives of each; keys in order of their first number. */
export function groupIndices(length: number, keyOf: (index: number) => number): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (let index = 0; index < length; index++) {
    const key = keyOf(index);
    const group = groups.get(key);
    if (group) group.push(index);
    else groups.set(key, [index]);
  }
  return groups;
}
