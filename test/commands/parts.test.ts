import test from 'ava';
import type { Variable } from '../../src/commands/select.js';
import { createBlockSample } from '../../src/commands/train/block-sample.js';
import { type Part, planParts } from '../../src/commands/train/parts.js';
import { tiling } from '../../src/io/blocks.js';

type Kind = Partial<Pick<Variable, 'chunks' | 'dtype' | 'shape'>>;

/** Files of such variables, and how many blocks they have. */
function runOf(files: number, names: readonly string[], kind: Kind) {
  const { shape = [12_000, 7, 7, 7], dtype = 'float32', chunks } = kind;
  const variables = names.map((path) => ({ path, dtype, shape, chunks }));
  const run = Array.from({ length: files }, (_, i) => ({
    path: `${i}`,
    name: `${i}`,
    bytes: 0,
    modified: '',
    variables,
  }));
  return { run, blocks: (k: number) => files * names.length * tiling(shape, k).blockCount };
}

function plan(kind: Kind, most: number, ranks: number, { k = 7, files = 3 } = {}) {
  const names = ['/A', '/B', '/C', '/D'];
  const { run, blocks } = runOf(files, names, kind);
  const parts = planParts(run, names, k, createBlockSample(blocks(k), most, 42), ranks);
  return { parts, blocks: blocks(k) };
}

const blocksOf = (parts: readonly Part[]) => parts.reduce((sum, { slab }) => sum + slab.blockCount, 0);

test('every block is in one part, in order', (t) => {
  for (const k of [5, 7])
    for (const ranks of [1, 3, 64]) {
      const { parts, blocks } = plan({}, 1e9, ranks, { k });
      let next = 0;
      for (const { start, slab } of parts) {
        t.is(start + slab.firstBlock, next);
        next += slab.blockCount;
      }
      t.is(next, blocks);
    }
});

test('ranks have equally much to hold, but for a part', (t) => {
  for (const shape of [
    [12_000, 7, 7, 7],
    [240, 7, 7, 7],
    [3, 100, 90, 80],
  ])
    for (const ranks of [2, 3, 8, 64]) {
      const { parts, blocks } = plan({ shape }, 1e9, ranks);
      const loads = Array.from({ length: ranks }, (_, rank) => blocksOf(parts.filter(({ owner }) => owner === rank)));
      const largest = Math.max(...parts.map(({ slab }) => slab.blockCount));
      t.true(Math.max(...loads) - Math.min(...loads) <= largest, `${shape} on ${ranks}: ${loads}`);
      t.true(largest <= Math.max(blocks / (4 * ranks), 200), `${shape} on ${ranks}: a part of ${largest} of ${blocks}`);
    }
});

test('of a large run little more is read than four times the sample, and the chunks that it is in', (t) => {
  for (const chunks of [undefined, [100, 7, 7, 7]])
    for (const k of [5, 7]) {
      const { parts, blocks } = plan({ chunks, shape: [40_000, 7, 7, 7] }, 2e5, 2, { k, files: 40 });
      const read = blocksOf(parts);
      // A group of 512 blocks may lie in two chunks of 800.
      const most = (chunks ? 8 : 5) * 2e5;
      t.true(read < most && read < blocks / 4, `${read} of ${blocks} blocks for 200,000`);
    }
});

test('where small slabs would cut across chunks they are as large as if all were read', (t) => {
  const shape = [256, 256, 256];
  const all = plan({ shape, chunks: [64, 64, 64] }, 1e9, 1, { files: 30 });
  const some = plan({ shape, chunks: [64, 64, 64] }, 2e4, 1, { files: 30 });
  const boxes = new Set(all.parts.map(({ start, slab }) => `${start} ${JSON.stringify(slab)}`));
  for (const { start, slab } of some.parts) t.true(boxes.has(`${start} ${JSON.stringify(slab)}`));
});
