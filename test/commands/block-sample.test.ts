import test from 'ava';
import { createBlockSample, groupBlocks } from '../../src/commands/train/block-sample.js';

/** How many of a run's blocks are in a sample, and in how many groups they are looked for. */
function countOf(blockCount: number, most: number, seed = 42): { taken: number; groups: number } {
  const sample = createBlockSample(blockCount, most, seed);
  let [taken, groups] = [0, 0];
  for (let first = 0; first < blockCount; first += groupBlocks) {
    const count = Math.min(groupBlocks, blockCount - first);
    if (sample.touches(0, first, count)) {
      groups++;
      for (let block = first; block < first + count; block++) if (sample.has(0, block)) taken++;
    } else if ([0, first % count, count - 1].some((place) => sample.has(0, first + place)))
      throw new Error(`group at ${first}: has blocks but is not touched`);
  }
  return { taken, groups };
}

test('a run of no more blocks is taken whole', (t) => {
  for (const blockCount of [1, 511, 1000, 3 * groupBlocks]) {
    t.deepEqual(countOf(blockCount, blockCount).taken, blockCount);
    t.deepEqual(countOf(blockCount, 10 * blockCount).taken, blockCount);
  }
});

test('of a run with up to a thousand groups all are looked at', (t) => {
  const { taken, groups } = countOf(1000 * groupBlocks, 5000);
  t.is(groups, 1000);
  // 512,000 draws of 1 %: a standard deviation of 70.
  t.true(Math.abs(taken - 5000) < 350, String(taken));
});

test('of a large run some thousand groups or four times the sample, whichever is more', (t) => {
  const blockCount = 2e7;
  for (const [most, expected] of [
    [20_000, 1000],
    [1e6, (4 * 1e6) / groupBlocks],
  ]) {
    const { taken, groups } = countOf(blockCount, most);
    // Draws of 39,063 groups: standard deviations of 31 and 79; of blocks, which come by the group, 3 and 1 %.
    t.true(Math.abs(groups - expected) < 0.16 * expected, `${groups} groups, expected ${expected}`);
    t.true(Math.abs(taken - most) < 0.16 * most, `${taken} blocks, expected ${most}`);
  }
});

test('the sample is that of the seed', (t) => {
  const blocksOf = (seed: number) => {
    const sample = createBlockSample(1e7, 1e5, seed);
    return Array.from({ length: 1e5 }, (_, block) => block).filter((block) => sample.has(0, block));
  };
  const first = blocksOf(1);
  t.true(first.length > 0);
  t.deepEqual(blocksOf(1), first);
  t.notDeepEqual(blocksOf(2), first);
});

test('a range is touched where any of its groups is', (t) => {
  const sample = createBlockSample(1e7, 1e5, 3);
  for (let first = 100; first < 1e6; first += 999) {
    const inSteps = Array.from({ length: 5 }, (_, i) => sample.touches(0, first + 200 * i, 200));
    t.is(sample.touches(0, first, 1000), inSteps.includes(true));
  }
});

test('groups begin with their variable', (t) => {
  const sample = createBlockSample(1e7, 1e5, 3);
  for (let variable = 100; variable < 1e6; variable += 5111) {
    const blocks = Array.from({ length: groupBlocks }, (_, block) => block).filter((block) =>
      sample.has(variable, block),
    );
    t.is(sample.touches(variable, 0, groupBlocks), sample.touches(variable, 7, 1));
    if (!sample.touches(variable, 0, 1)) t.deepEqual(blocks, []);
  }
});
