import test from 'ava';
import fc from 'fast-check';
import type { Plan } from '../../src/commands/compress/plan.js';
import { unitsOf } from '../../src/commands/compress/plan.js';
import { addErrorCounts, countErrors, emptyErrorCounts } from '../../src/commands/survey/counts.js';
import { addLatentCounts, countLatents, latentEdges } from '../../src/commands/survey/latent-counts.js';
import { evenly, fromBase64, sampleBlock, sampleShares } from '../../src/commands/survey/samples.js';
import { emptySurvey } from '../../src/commands/survey/survey.js';
import { SurveyTable } from '../../src/commands/survey/survey-table.js';

const rowsOf = (count: number) => Uint32Array.from({ length: count }, (_, i) => i);
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

test('every value is counted once, in the interval that its error lies in', (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(finite, finite), { minLength: 1, maxLength: 30 }), (pairs) => {
      const [x, y] = [0, 1].map((side) => Float64Array.from(pairs, (pair) => pair[side]));
      const { counts } = countErrors(x, y, rowsOf(pairs.length), 1);
      const errors = pairs.map(([a, b]) => Math.abs(b - a)).filter((error) => error <= Number.MAX_VALUE);
      t.is(counts.values, errors.length);
      t.is(counts.exact, errors.filter((error) => error === 0).length);
      for (const [exponent, count] of Object.entries(counts.errors)) {
        const [from, to] = [2 ** Number(exponent), 2 ** (Number(exponent) + 1)];
        // Below the smallest normal number there is one interval.
        const isIn = (error: number) => (Number(exponent) === -1023 ? error < 2 ** -1022 : error >= from) && error < to;
        t.is(count, errors.filter((error) => error > 0 && isIn(error)).length);
      }
    }),
  );
});

test('counts of a whole are the sums of its parts, whichever way it is cut', (t) => {
  fc.assert(
    fc.property(fc.array(finite, { minLength: 8, maxLength: 40 }), fc.nat(), (values, cut) => {
      const x = Float64Array.from(values.slice(0, values.length - (values.length % 4)));
      const y = x.map((value, i) => value + i * 1e-3);
      const blocks = x.length / 4;
      const rows = rowsOf(blocks);
      const sums = emptyErrorCounts();
      for (const part of [rows.subarray(0, cut % blocks), rows.subarray(cut % blocks)])
        addErrorCounts(sums, countErrors(x, y, part, 4).counts);
      t.deepEqual(sums, countErrors(x, y, rows, 4).counts);
    }),
  );
});

test('blocks by range and largest error; those without an error are in no cell; the worst is known', (t) => {
  // Ranges 1 and 4, largest errors 0.25 and 2, and a block without an error.
  const x = Float32Array.of(0, 1, 0, 4, 5, 6);
  const y = Float32Array.of(0.25, 1, 0, 6, 5, 6);
  const { counts, worst } = countErrors(x, y, rowsOf(3), 2);
  t.deepEqual(counts.blocks, { '0 -2': 1, '2 1': 1 });
  t.is(worst, 1);
  t.is(counts.exact, 4);
});

test('latents are counted by their place; those far out in the last intervals', (t) => {
  const counts = countLatents(Float32Array.of(0.1, -9, 0.2, 9), 2);
  const intervals = latentEdges.length - 1;
  t.is(counts[0][intervals / 2], 2);
  t.is(counts[1][0], 1);
  t.is(counts[1][intervals - 1], 1);
  t.deepEqual(addLatentCounts(counts, []), counts);
  t.is(addLatentCounts(counts, counts)[0][intervals / 2], 4);
});

const planOf = (shapes: readonly (readonly number[])[], blockSize: number): Plan => ({
  files: shapes.map((shape, i) => ({
    path: `/${i}.h5`,
    name: `${i}.h5`,
    bytes: 0,
    modified: '',
    variables: [{ path: '/U', dtype: 'float32', shape, chunks: undefined, blockSize }],
  })),
});

test('samples: as many of a variable however it is cut; in sum within the room of a page', (t) => {
  for (const [files, octants] of [
    [1, 10],
    [3, 40_000],
    [2000, 3],
  ]) {
    const plan = planOf(
      Array.from({ length: files }, () => [octants, 7, 7, 7]),
      7,
    );
    const units = unitsOf(plan);
    const shares = sampleShares(units);
    const byFile = Array.from({ length: files }, (_, file) => shares.filter((_, i) => units[i].file === file));
    const sums = byFile.map((own) => own.reduce<number>((sum, share) => sum + (share ?? 0), 0));
    t.is(new Set(sums.filter((sum) => sum > 0)).size, 1);
    const blocks = byFile.filter((own) => own[0] !== undefined).length + sums.reduce((sum, own) => sum + own, 0);
    // Two float32 for each node.
    t.true(blocks * 343 * 8 <= 2.5e6, `${blocks} blocks`);
    t.true(blocks >= Math.min(files * 2, 800), `${blocks} blocks`);
  }
  t.deepEqual(sampleShares([]), []);
});

test('evenly: apart, in order, within', (t) => {
  t.deepEqual(evenly(9, 3), [1, 4, 7]);
  t.deepEqual(evenly(2, 5), [0, 1]);
  t.deepEqual(evenly(0, 5), []);
});

test('a sample keeps the wave of a metric component, 1 + 1e-9·wave', (t) => {
  const x = Float64Array.from({ length: 125 }, (_, i) => 1 + 1e-9 * Math.sin(i));
  const y = x.map((value, i) => value + 1e-12 * Math.cos(i));
  const sample = sampleBlock(x, y, 0, 5, 'octant 0', [1, 2e-9]);
  const [values, errors] = [fromBase64(sample.values), fromBase64(sample.errors)];
  for (let i = 0; i < 125; i++) {
    // float32 has 24 bits.
    t.true(Math.abs(sample.base + values[i] - x[i]) <= 2e-9 * 2 ** -24 + 2 ** -53);
    t.true(Math.abs(errors[i] - (y[i] - x[i])) <= 1e-12 * 2 ** -24);
  }
});

test('a file that is left out leaves nothing in the table', (t) => {
  const table = new SurveyTable();
  const survey = (values: number) => ({ ...emptySurvey(), values });
  table.add('a.h5', '/U', survey(1));
  table.add('b.h5', '/U', survey(10));
  table.remove('b.h5');
  table.add('c.h5', '/U', survey(100));
  t.is(table.finish().variables.get('/U')!.values, 101);
});
