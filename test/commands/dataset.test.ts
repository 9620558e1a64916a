import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import test from 'ava';
import type { TrainOptions } from '../../src/commands/train/command.js';
import { type Origin, type Rows, shareParts, splitDataset } from '../../src/commands/train/dataset.js';
import { fetchRows } from '../../src/commands/train/fetch-rows.js';
import { loadDataset } from '../../src/commands/train/load.js';
import { connectSolo } from '../../src/dist/solo.js';
import { random } from '../../src/models/random.js';
import { writeSample } from './fixtures/sample.js';

const names = ['/A', '/deep/B'];
/** Two files: A in both, B in the second in two slabs. */
const origins: readonly Origin[] = [
  { file: 0, variable: 0, owner: 0 },
  { file: 1, variable: 0, owner: 0 },
  { file: 1, variable: 1, owner: 0 },
  { file: 1, variable: 1, owner: 0 },
];
/** Blocks of two values; the second part has none, the first a block in two forms. */
const parts: readonly Rows[] = [
  { values: Float32Array.of(1, 2, 3, 4), repeats: Uint8Array.of(0, 1) },
  { values: new Float32Array(0), repeats: new Uint8Array(0) },
  { values: Float32Array.of(5, 6), repeats: Uint8Array.of(0) },
  { values: Float32Array.of(7, 8), repeats: Uint8Array.of(0) },
];

test('a dataset knows the file and the variable of each block', (t) => {
  const dataset = shareParts(connectSolo(), origins, names, parts, 2);
  t.like(dataset, {
    count: 4,
    starts: Uint32Array.of(0, 2, 2, 3, 4),
    fileOf: Uint32Array.of(0, 0, 1, 1),
    variableOf: Uint32Array.of(0, 0, 1, 1),
    variableNames: names,
    repeats: Uint8Array.of(0, 1, 0, 0),
  });
});

test('its rows are had in any order, as often as wanted', (t) => {
  const dataset = shareParts(connectSolo(), origins, names, parts, 2);
  t.deepEqual([...fetchRows(connectSolo(), dataset, Uint32Array.of(3, 0, 1, 0, 2))], [7, 8, 1, 2, 3, 4, 1, 2, 5, 6]);
  t.is(fetchRows(connectSolo(), dataset, new Uint32Array()).length, 0);
});

test('its checksum is the CRC-32 of all values in order, however they are cut', (t) => {
  const { uniform } = random(1);
  const values = Float32Array.from({ length: 2 * 1000 }, uniform);
  for (const cuts of [[], [1], [0, 500, 500, 999], [300, 301, 302]]) {
    const bounds = [0, ...cuts, 1000];
    const rows = bounds.slice(1).map((end, part) => {
      const own = values.subarray(2 * bounds[part]!, 2 * end);
      return { values: own, repeats: new Uint8Array(own.length / 2) };
    });
    const { checksum } = shareParts(
      connectSolo(),
      rows.map(() => origins[0]!),
      names,
      rows,
      2,
    );
    t.is(checksum, crc32(new Uint8Array(values.buffer)), String(cuts));
  }
});

test('its checksum tells of every value and of their order', (t) => {
  const checksumOf = (...values: number[][]) => {
    const rows = values.map((part) => ({ values: Float32Array.from(part), repeats: new Uint8Array(part.length / 2) }));
    return shareParts(connectSolo(), origins.slice(0, rows.length), names, rows, 2).checksum;
  };
  const checksums = [
    checksumOf([1, 2], [3, 4]),
    checksumOf([3, 4], [1, 2]),
    checksumOf([2, 1], [3, 4]),
    checksumOf([1, 2], [3, 5]),
  ];
  t.is(new Set(checksums).size, checksums.length);
  t.is(checksumOf([1, 2], [3, 4]), checksums[0]);
});

test('loading counts a variable of several files once, in the order of their first appearance', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'swae-test-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeSample(join(folder, 'a.h5'), { octants: 2, variables: { '/U_B': 'signed' } });
  writeSample(join(folder, 'b.h5'), { octants: 3, variables: { '/U_A': 'signed', '/U_B': 'positive' } });
  const options = { input: [folder], blockSize: 5, normalisation: 'pos_log', maxBlocks: 100, seed: 1, threads: 1 };
  const { dataset } = await loadDataset(connectSolo(), options as unknown as TrainOptions);
  t.deepEqual(dataset.variableNames, ['/U_B', '/U_A']);
  t.deepEqual([...dataset.fileOf], [0, 0, 1, 1, 1, 1, 1, 1]);
  t.deepEqual([...dataset.variableOf], [0, 0, 1, 1, 1, 0, 0, 0]);
});

test('both forms of a block go to the same part of the split, in the order of the blocks alone', (t) => {
  const count = 300;
  const blocks = shareParts(connectSolo(), [origins[0]!], names, [rowsOf(Array(count).fill(1))], 2);
  const forms = Array.from({ length: count }, (_, block) => 1 + (block % 3 === 0 ? 1 : 0));
  const both = shareParts(connectSolo(), [origins[0]!], names, [rowsOf(forms)], 2);
  const expected = splitDataset(blocks, 'block', 1, 42);
  const split = splitDataset(both, 'block', 1, 42);
  for (const part of ['training', 'validation', 'test'] as const) {
    const values = fetchRows(connectSolo(), both, split[part]);
    const blocksOf = [...split[part]].map((_, i) => values[2 * i]);
    t.deepEqual(
      blocksOf,
      [...expected[part]].flatMap((block) => Array(forms[block]!).fill(block)),
      part,
    );
  }
});

/** So many forms of each block, whose values are its number. */
function rowsOf(forms: readonly number[]): Rows {
  const values = forms.flatMap((count, block) => Array(2 * count).fill(block));
  const repeats = forms.flatMap((count) => Array.from({ length: count }, (_, form) => form));
  return { values: Float32Array.from(values), repeats: Uint8Array.from(repeats) };
}
