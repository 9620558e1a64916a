import test from 'ava';
import type { Rows } from '../../src/commands/train/dataset.js';
import { bothForms, chooseScaling } from '../../src/commands/train/forms.js';
import type { Communicator, NumericArray } from '../../src/dist/communicator.js';
import { connectSolo } from '../../src/dist/solo.js';
import { random } from '../../src/models/random.js';

const rows = (values: readonly number[]): Rows => ({
  values: Float32Array.from(values),
  repeats: new Uint8Array(values.length / 4),
});

test('both forms of a block stand side by side, and of one that is the same in both only one', (t) => {
  const forms = {
    pos_log: rows([0, 0.5, 0.7, 1, /**/ 0, 0.2, 0.4, 1, /**/ 0, 0.9, 0.9, 1]),
    minmax: rows([0, 0.4, 0.6, 1, /**/ 0, 0.2, 0.4, 1, /**/ 0, 0.9, 0.8, 1]),
  };
  t.deepEqual(bothForms(forms, 4), {
    values: Float32Array.of(0, 0.5, 0.7, 1, 0, 0.4, 0.6, 1, 0, 0.2, 0.4, 1, 0, 0.9, 0.9, 1, 0, 0.9, 0.8, 1),
    repeats: Uint8Array.of(0, 1, 0, 0, 1),
  });
  t.deepEqual(bothForms({ pos_log: rows([]), minmax: rows([]) }, 4), rows([]));
});

test('a variable whose blocks are less skewed in logarithmic scale gets that, however the ranks share them', (t) => {
  const even = () => Array.from({ length: 8 }, (_, i) => [0, 0.5 + 0.01 * random(i).uniform(), 0.5, 1]).flat();
  const tail = () => Array.from({ length: 8 }, (_, i) => [0, 0.01 * random(i).uniform(), 0.02, 1]).flat();
  const parts = [
    { path: '/A', forms: { pos_log: rows(even()), minmax: rows(tail()) } },
    { path: '/deep/B', forms: { pos_log: rows(tail()), minmax: rows(even()) } },
    { path: '/SAME', forms: { pos_log: rows(tail()), minmax: rows(tail()) } },
    // Another group's A, of fewer blocks.
    { path: '/deep/A', forms: { pos_log: rows(tail().slice(16)), minmax: rows(even().slice(16)) } },
  ];
  const paths = [...parts.map(({ path }) => path), '/EMPTY'];
  const expected = new Map([
    ['A', 'pos_log'],
    ['B', 'minmax'],
    ['SAME', 'minmax'],
    ['EMPTY', 'minmax'],
  ]);
  t.deepEqual(chooseScaling(connectSolo(), paths, parts, 4), expected);
  const sums = sumsOf((communicator) => chooseScaling(communicator, paths, parts, 4));
  for (const size of [2, 3]) {
    const shares = Array.from({ length: size }, (_, rank) =>
      sumsOf((communicator) =>
        chooseScaling(
          communicator,
          paths,
          parts.filter((_, i) => i % size === rank),
          4,
        ),
      ),
    );
    for (const [call, sum] of sums.entries())
      t.deepEqual(
        shares.map((share) => share[call]!).reduce((a, b) => a.map((value, i) => value + b[i]!)),
        sum,
        `${size} ranks`,
      );
  }
});

/** What a rank puts into each allreduce. */
function sumsOf(use: (communicator: Communicator) => void): number[][] {
  const sums: number[][] = [];
  use({ ...connectSolo(), allreduce: (buffer: NumericArray) => void sums.push([...buffer]) });
  return sums;
}
