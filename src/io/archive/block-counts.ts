import type { ManifestSlab, ManifestVariable } from './format.js';

/** What a slab counts. */
export type CountKey = Exclude<keyof ManifestSlab, 'crc32'>;

/** How many of a variable's blocks are stored in each way; of records only how many there are. */
export function countBlocks({ slabs }: ManifestVariable): Record<'blocks' | 'encoded' | 'constant' | 'exact', number> {
  const count = (key: CountKey) => sumOf(slabs, slabs.length, key);
  return { blocks: count('blocks'), encoded: count('encoded'), constant: count('constant'), exact: count('exact') };
}

/** Over the slabs before `end`. */
export function sumOf(slabs: readonly ManifestSlab[], end: number, key: CountKey): number {
  let sum = 0;
  for (let index = 0; index < end; index++) sum += slabs[index][key] ?? 0;
  return sum;
}
