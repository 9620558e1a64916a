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
  const isBefore = (a: number, b: number) => sums[a] < sums[b] || (sums[a] === sums[b] && a < b);
  // Part 0 grows with every unit, so it is compared with the first of the others, which are a binary heap: a petabyte has tens of
  // millions of units, and every one of thousands of ranks deals them.
  const others = Uint32Array.from({ length: parts - 1 }, (_, i) => i + 1);
  return Uint32Array.from(weights, (weight) => {
    const least = parts > 1 && isBefore(others[0], 0) ? others[0] : 0;
    sums[least] += weight;
    sums[0] += firstShare * weight;
    if (least > 0) siftDown(others, isBefore);
    return least;
  });
}

/** Moves the first of a binary heap, which has grown, to where it belongs. */
function siftDown(heap: Uint32Array, isBefore: (a: number, b: number) => boolean): void {
  const moved = heap[0];
  let place = 0;
  for (;;) {
    let child = 2 * place + 1;
    if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++;
    if (child >= heap.length || !isBefore(heap[child], moved)) break;
    heap[place] = heap[child];
    place = child;
  }
  heap[place] = moved;
}
