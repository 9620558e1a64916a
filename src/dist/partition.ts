/** The integers start … end − 1. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Part `index` of 0 … count − 1 cut into `parts` contiguous ranges whose lengths differ by at most one, longer first. */
export function partition(count: number, parts: number, index: number): Range {
  const shorter = Math.floor(count / parts);
  const longerParts = count - shorter * parts;
  const start = index * shorter + Math.min(index, longerParts);
  return { start, end: start + shorter + (index < longerParts ? 1 : 0) };
}

/**
 * Deals units of these weights to `parts`, in order, each to the part that has the least so far (of equal ones the first):
 * the parts' sums differ by no more than the largest weight. With each unit, whoever has it, part 0 gets `firstShare` of its weight to
 * do besides. Gives the part of each unit.
 */
export function deal(weights: readonly number[], parts: number, firstShare = 0): Uint32Array {
  const sums = new Float64Array(parts);
  return Uint32Array.from(weights, (weight) => {
    let least = 0;
    for (let part = 1; part < parts; part++) if (sums[part] < sums[least]) least = part;
    sums[least] += weight;
    sums[0] += firstShare * weight;
    return least;
  });
}
