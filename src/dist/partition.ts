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
