import { random } from '../../models/random.js';
import { randomStream } from '../../models/sampling.js';

/** Blocks that are drawn together: neighbours, so that few places of a large run are read, and not all of it. */
export const groupBlocks = 512;
/** So many groups are looked at, at least: of a small run all. */
const fewestGroups = 1000;
/** Of the groups that are read as many blocks are taken as a share of one in so many: neighbours resemble each other. */
const thinning = 4;

/** A random sample of the blocks of a run, known by their numbers among all of it; the same on every rank. */
export interface BlockSample {
  has(block: number): boolean;
  /** Whether any of `count` blocks from `first` may be in it. */
  touches(first: number, count: number): boolean;
  /** Whether all blocks are looked at, each by itself. */
  readonly isSpread: boolean;
}

/** Of about `most` blocks. */
export function sampleBlocks(blockCount: number, most: number, seed: number): BlockSample {
  const share = Math.min(1, most / blockCount);
  const groupShare = Math.min(1, Math.max(thinning * share, fewestGroups / Math.ceil(blockCount / groupBlocks)));
  const blockShare = share / groupShare;
  const isDrawn = (purpose: number, number: number, probability: number) =>
    probability >= 1 || random(seed, purpose, number).uniform() < probability;
  const hasGroup = (group: number) => isDrawn(randomStream.groups, group, groupShare);
  return {
    has: (block) => hasGroup(Math.floor(block / groupBlocks)) && isDrawn(randomStream.sample, block, blockShare),
    touches(first, count) {
      for (let group = Math.floor(first / groupBlocks); group * groupBlocks < first + count; group++)
        if (hasGroup(group)) return true;
      return false;
    },
    isSpread: groupShare === 1,
  };
}
