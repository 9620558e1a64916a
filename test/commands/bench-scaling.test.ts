/** `swae bench scaling`: its files agree with one another, and predictions are what the formulas give by hand. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { workOf } from '../../src/commands/bench/scaling/compression.js';
import { drawScaling } from '../../src/commands/bench/scaling/plot.js';
import { predictCompression, predictStep, transferSeconds } from '../../src/commands/bench/scaling/predict.js';
import { type Point, type ScalingReport, scale } from '../../src/commands/bench/scaling/report.js';
import { filesBelow } from './fixtures/content.js';
import { everyLaunch, expectCode, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const quick = ['--rounds', '1', '--steps', '2', '--batch-size', '32', '--rank-bytes', '2e5', '--threads', '1'];
/** α 100 µs, β 2 GB/s. */
const fit = { latencyMicroseconds: 100, bandwidth: 2, relativeError: 0 };

for (const { library, ranks } of everyLaunch([2]))
  test.serial(`JSON, CSV and SVG, ${library}, ranks: ${ranks}`, async (t) => {
    const output = join(folder, library);
    const args = ['bench', 'scaling', ...quick, '--output-dir', output];
    const { stdout } = await expectCode(t, 0, args, { library, ranks });
    t.regex(stdout, /^train +ranks +time \[ms\] +predicted +blocks\/s +efficiency +predicted$/m);
    t.regex(stdout, /^compress +ranks +time \[ms\] +predicted +speed +efficiency +predicted$/m);
    t.deepEqual(filesBelow(output), ['scaling.csv', 'scaling.json', 'scaling.svg']);
    const report: ScalingReport = JSON.parse(readFileSync(join(output, 'scaling.json'), 'utf8'));
    const counts = ranks === 1 ? [1] : [1, 2];
    t.deepEqual(
      report.points.map(({ task, scaling, ranks }) => `${task} ${scaling} ${ranks}`),
      counts.flatMap((count) =>
        ['strong', 'weak'].flatMap((scaling) => ['train', 'compress'].map((task) => `${task} ${scaling} ${count}`)),
      ),
    );
    // 7³ MLP: weights and biases of 343·512·256·16·256·512·343.
    const parameters = 2 * (343 * 512 + 512 * 256 + 256 * 16) + 2 * (512 + 256) + 16 + 343;
    t.like(report, { base: 1, threads: 1, gradientBytes: 4 * parameters });
    t.deepEqual(
      report.networks.map(({ ranks }) => ranks),
      counts,
    );
    t.deepEqual(
      report.alone.map(({ rows }) => rows),
      ranks === 1 ? [4, 32] : [4, 16, 32],
    );
    for (const seconds of [...Object.values(report.wholeBatch), ...report.alone.map((step) => step.seconds)])
      t.true(seconds > 0);
    for (const { workPerByte, writePerByte, encodedPerByte } of Object.values(report.compression)) {
      t.true(workPerByte > 0 && writePerByte > 0);
      // 16 latents and two values, of 7³.
      t.true(Math.abs(encodedPerByte - 18 / 343) < 0.1 * encodedPerByte);
    }
    t.deepEqual(report.points, scale(report.points));
    for (const point of report.points) {
      t.true(point.seconds > 0 && point.predictedSeconds > 0);
      if (point.ranks === 1) t.is(point.efficiency, 1);
    }
    const [heading, ...lines] = readFileSync(join(output, 'scaling.csv'), 'utf8').trim().split('\n');
    t.is(heading, Object.keys(report.points[0]!).join());
    t.is(lines.length, report.points.length);
  });

test('--ranks that are not there: exit code 2', async (t) => {
  const { stderr } = await expectCode(t, 2, ['bench', 'scaling', '--ranks', '1', '4', '--output-dir', folder]);
  t.is(stderr, 'swae: --ranks 4, but this job has 1 rank(s)\n');
});

test('a transfer: α for each message, and bytes over β', (t) => {
  // 3 · 100 µs + 4 MB / 2 GB/s.
  closeTo(t, transferSeconds(fit, 3, 4e6), 0.0003 + 0.002);
  closeTo(t, transferSeconds({ ...fit, bandwidth: undefined }, 3, 4e6), 0.0003);
});

test('a step: the share alone, and one allreduce', (t) => {
  closeTo(t, predictStep(0.01, fit, 2e6), 0.01 + 0.0001 + 0.001);
  t.is(predictStep(0.01, undefined, 2e6), 0.01);
});

test('a compression: shared by all, but not faster than rank 0 writes and gathers', (t) => {
  const work = { work: 10, write: 2, gather: 0.5 };
  t.is(predictCompression(work, 1), 12.5);
  t.is(predictCompression(work, 4), 3.125);
  t.is(predictCompression(work, 10), 2.5);
});

test('what a compression on four ranks has to do, from one on one', (t) => {
  const onBase = { workPerByte: 4e-8, writePerByte: 1e-8 };
  const { work, write, gather } = workOf(onBase, 64e6, { ranks: 4 }, fit);
  closeTo(t, work, 2.56);
  closeTo(t, write, 0.64);
  // Three quarters of 64 MB, in slabs of 16 MB.
  closeTo(t, gather, 3 * 100e-6 + 48e6 / 2e9);
  t.is(workOf(onBase, 64e6, { ranks: 1 }, undefined).gather, 0);
});

test('efficiency is against the base', (t) => {
  const point: Point = { task: 'train', scaling: 'strong', ranks: 2, amount: 100, seconds: 1, predictedSeconds: 1 };
  const [, strong, weak] = scale([
    point,
    { ...point, ranks: 8, seconds: 0.5, predictedSeconds: 0.25 },
    { ...point, scaling: 'weak' },
  ]);
  t.like(strong, { speed: 200, efficiency: 0.5, predictedEfficiency: 1 });
  t.is(weak!.efficiency, 1);
});

test('the picture: a dot for each point, well within its frame', (t) => {
  const points = scale(
    (['train', 'compress'] as const).flatMap((task) =>
      (['strong', 'weak'] as const).flatMap((scaling) =>
        [1, 2, 4].map((ranks) => ({ task, scaling, ranks, amount: ranks, seconds: 1.1, predictedSeconds: 0.7 })),
      ),
    ),
  );
  const machine = { processor: 'CPU', library: 'MPI', nodes: [] } as unknown as ScalingReport['machine'];
  const picture = drawScaling({
    machine,
    base: 1,
    points,
    architecture: 'mlp',
    blockSize: 7,
  } as unknown as ScalingReport);
  const dots = [...picture.matchAll(/<circle .*cx="([\d.]+)" cy="([\d.]+)"/g)];
  t.is(dots.length, 12);
  for (const [, x, y] of dots) t.true(Number(x) > 0 && Number(x) < 860 && Number(y) > 84 && Number(y) < 440);
  t.false(/NaN|undefined|Infinity/.test(picture));
});

/** Rounding of a few sums. */
function closeTo(t: { true(value: boolean, message?: string): void }, value: number, expected: number): void {
  t.true(Math.abs(value - expected) <= 1e-12 * Math.abs(expected), `${value} is not ${expected}`);
}
