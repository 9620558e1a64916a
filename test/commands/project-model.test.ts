/** The models of `swae project`: against collectives message by message, against `bench scaling`, and how they must behave. */
import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import type { ScalingReport } from '../../src/commands/bench/scaling/report.js';
import { allgather, allreduce, rabenseifner, recursiveDoubling, ring } from '../../src/commands/project/collectives.js';
import {
  type CompressionSetting,
  projectCompression,
  usefulRanks,
  usefulWriters,
} from '../../src/commands/project/compression.js';
import { aloneSeconds } from '../../src/commands/project/constants.js';
import { exchangesOf } from '../../src/commands/project/exchanges.js';
import { measuredNetwork, type Network } from '../../src/commands/project/network.js';
import {
  batchFor,
  overhead,
  projectStep,
  stepParts,
  type TrainingConstants,
} from '../../src/commands/project/training.js';
import { architecture } from '../../src/models/architectures.js';
import {
  type Link,
  type Simulated,
  simulateAllgather,
  simulateDoubling,
  simulateRabenseifner,
  simulateRing,
} from './fixtures/message-passing.js';

const link = fc.record({
  latencyMicroseconds: fc.double({ min: 0, max: 100, noNaN: true }),
  bandwidth: fc.double({ min: 0.01, max: 200, noNaN: true }),
});
const bytes = fc.double({ min: 1, max: 1e9, noNaN: true });
const powerOfTwo = fc.nat(6).map((exponent) => 2 ** exponent);
/** Sums by doubles lose whole numbers beyond 2⁵³. */
const anyRanks = fc.integer({ min: 1, max: 48 });

/** Rounding of sums of some hundred terms. */
function closeTo(t: ExecutionContext, value: number, expected: number, what = ''): void {
  t.true(Math.abs(value - expected) <= 1e-11 * Math.abs(expected), `${what} ${value} is not ${expected}`);
}

type Operation = (link: Link, ranks: number, bytes: number) => number;
const simulated: Record<string, [Operation, (link: Link, ranks: number, bytes: number) => Simulated, typeof anyRanks]> =
  {
    ring: [ring, simulateRing, anyRanks],
    'recursive doubling': [recursiveDoubling, simulateDoubling, powerOfTwo],
    rabenseifner: [rabenseifner, simulateRabenseifner, powerOfTwo.filter((p) => p <= 32)],
    allgather: [allgather, simulateAllgather, anyRanks],
  };
for (const [name, [formula, simulate, ranks]] of Object.entries(simulated))
  test(`${name}: the formula is what its messages take, one by one`, (t) => {
    fc.assert(
      fc.property(link, ranks, bytes, (on, p, n) => {
        const { seconds, isRight } = simulate(on, p, n);
        t.true(isRight);
        closeTo(t, formula(on, p, n), seconds, `p = ${p}:`);
      }),
    );
  });

test('recursive doubling of other numbers than powers of two takes a step more than the formula', (t) => {
  const on = { latencyMicroseconds: 3, bandwidth: 2 };
  for (const p of [3, 5, 6, 7, 12, 33, 47]) {
    const { seconds, isRight } = simulateDoubling(on, p, 1e6);
    t.true(isRight);
    closeTo(t, recursiveDoubling(on, p, 1e6) + 3e-6 + 1e6 / 2e9, seconds);
  }
});

test('an allreduce: no slower than any algorithm; slower with more bytes or ranks, faster on a faster link', (t) => {
  fc.assert(
    fc.property(link, anyRanks, bytes, fc.double({ min: 1, max: 100, noNaN: true }), (on, p, n, factor) => {
      const seconds = allreduce(on, p, n);
      for (const algorithm of [ring, recursiveDoubling, rabenseifner]) t.true(seconds <= algorithm(on, p, n));
      const noFaster = seconds * (1 - 1e-12);
      t.true(allreduce(on, p, factor * n) >= noFaster);
      t.true(allreduce(on, p + 1, n) >= noFaster);
      t.true(allreduce({ ...on, bandwidth: on.bandwidth / factor }, p, n) >= noFaster);
      t.true(allreduce({ ...on, latencyMicroseconds: on.latencyMicroseconds * factor }, p, n) >= noFaster);
    }),
  );
});

const report: ScalingReport = JSON.parse(readFileSync('test/commands/fixtures/scaling.json', 'utf8'));
const here = measuredNetwork(report.networks)!;
const noFiles = { aggregate: Number.POSITIVE_INFINITY, client: Number.POSITIVE_INFINITY };

test('where bench scaling has measured, computing and the sum of the gradients are its own prediction', (t) => {
  const constants: TrainingConstants = {
    ...report,
    exchanges: [],
    projections: 50,
    alone: (rows) => aloneSeconds(report.alone, rows),
  };
  const points = report.points.filter(({ task }) => task === 'train');
  t.is(points.length, 4);
  for (const { scaling, ranks, amount, predictedSeconds } of points) {
    const step = projectStep(constants, here, scaling, report.batchSize, ranks)!;
    t.is(step.rows, amount);
    closeTo(t, step.parts.compute + step.parts.gradients, predictedSeconds);
  }
});

test('where bench scaling has measured, a compression is its own prediction', (t) => {
  const constants = { ...report.compression.reconstructed, reconstruct: true };
  // Weak scaling predicts from another compression than the report's constants.
  const points = report.points.filter(({ task, scaling }) => task === 'compress' && scaling === 'strong');
  t.is(points.length, 2);
  for (const { ranks, amount: dataBytes, predictedSeconds } of points)
    closeTo(
      t,
      projectCompression({ constants, fileSystem: noFiles, network: here, dataBytes }, ranks, 1).seconds,
      predictedSeconds,
    );
});

test('steps that were not measured are on a line through those that were, which noise does not make negative', (t) => {
  const line = [64, 256, 512].map((rows) => ({ rows, seconds: 0.002 + rows / 1e4 }));
  closeTo(t, aloneSeconds(line, 1000), 0.102);
  closeTo(t, aloneSeconds(line, 256), 0.0276);
  t.true(aloneSeconds([...line, { rows: 8, seconds: 5 }], 1e6) > 0);
  closeTo(t, aloneSeconds([{ rows: 10, seconds: 0.1 }], 5), 0.05);
});

test('what a step exchanges: every latent and its gradient; with batch normalisation mean and variance, there and back', (t) => {
  t.deepEqual(exchangesOf(architecture('mlp', 5, 8)), [
    { operator: 'AllGather', bytes: 0, bytesPerRow: 32 },
    { operator: 'AllReduce', bytes: 0, bytesPerRow: 32 },
  ]);
  const exchanges = exchangesOf(architecture('conv-bn', 5, 16));
  const fixed = exchanges.filter(({ bytesPerRow }) => bytesPerRow === 0);
  t.is(exchanges.length - fixed.length, 2);
  // The channels of DESIGN's encoder and decoder, float32, four times.
  const channels = [32, 64, 128, 128, 256, 256, 256, 256, 128, 64, 32].reduce((sum, count) => sum + count);
  t.is(
    fixed.reduce((sum, exchange) => sum + exchange.bytes, 0),
    4 * 4 * channels,
  );
});

const constants = fc
  .record({
    step: fc.double({ min: 0, max: 0.1, noNaN: true }),
    block: fc.double({ min: 1e-6, max: 1e-3, noNaN: true }),
    sort: fc.double({ min: 0, max: 1e-5, noNaN: true }),
    gradientBytes: bytes,
  })
  .map(
    ({ step, block, sort, gradientBytes }): TrainingConstants => ({
      gradientBytes,
      exchanges: exchangesOf(architecture('mlp', 5, 16)),
      projections: 50,
      sortSeconds: sort,
      alone: (rows) => step + rows * block,
    }),
  );
const network = link.map((on): Network => ({ name: 'n', origin: 'given', ...on }));

test('a step: its parts add up, the longest is the bottleneck, one rank alone is what efficiency is against', (t) => {
  fc.assert(
    fc.property(constants, network, fc.integer({ min: 1, max: 10_000 }), fc.nat(3000), (known, on, ranks, extra) => {
      for (const scaling of ['strong', 'weak'] as const) {
        const batch = ranks + extra;
        const { seconds, parts, bottleneck, efficiency } = projectStep(known, on, scaling, batch, ranks)!;
        closeTo(
          t,
          stepParts.reduce((sum, part) => sum + parts[part], 0),
          seconds,
        );
        for (const part of stepParts) t.true(parts[part] >= 0 && parts[part] <= parts[bottleneck]);
        t.true(efficiency > 0 && efficiency <= 1 + 1e-12);
        t.is(projectStep(known, on, scaling, batch, 1)!.efficiency, 1);
      }
      t.is(projectStep(known, on, 'strong', ranks - 1, ranks), undefined);
    }),
    { numRuns: 40 },
  );
});

test('the batch for a share of the overhead keeps it, half of it does not', (t) => {
  fc.assert(
    fc.property(constants, network, fc.integer({ min: 2, max: 1000 }), (known, on, ranks) => {
      const batch = batchFor(known, on, 0, ranks, 0.2);
      const of = (rows: number) => overhead(projectStep(known, on, 'weak', rows, ranks)!);
      if (batch === undefined) t.true(of(2 ** 20) > 0.2);
      else t.true(of(batch) <= 0.2 && (batch === 1 || of(batch / 2) > 0.2));
    }),
    { numRuns: 40 },
  );
});

const rate = (most: number) => fc.double({ min: 1e-3, max: most, noNaN: true });
const compression = fc
  .record({ work: rate(1), write: rate(1), encodedPerByte: rate(1), reconstruct: fc.boolean(), network })
  .chain(({ work, write, encodedPerByte, reconstruct, network }) =>
    fc.record({ aggregate: rate(1000), client: rate(10) }).map(
      (fileSystem): CompressionSetting => ({
        constants: { workPerByte: 1e-7 * work, writePerByte: 1e-8 * write, encodedPerByte, reconstruct },
        fileSystem,
        network,
        dataBytes: 1e15,
      }),
    ),
  );

test('a compression: never slower with more writing ranks, faster files or network, or fewer bytes', (t) => {
  fc.assert(
    fc.property(compression, fc.integer({ min: 1, max: 10_000 }), fc.nat(9999), (setting, ranks, more) => {
      const writers = 1 + (more % ranks);
      const { seconds } = projectCompression(setting, ranks, writers);
      const noMore = (other: CompressionSetting, writing = writers) =>
        t.true(projectCompression(other, ranks, writing).seconds <= seconds * (1 + 1e-12));
      const { fileSystem, network, dataBytes } = setting;
      noMore(setting, writers + 1);
      noMore({ ...setting, fileSystem: { aggregate: 2 * fileSystem.aggregate, client: 2 * fileSystem.client } });
      noMore({ ...setting, network: { ...network, bandwidth: 2 * network.bandwidth! } });
      noMore({ ...setting, dataBytes: dataBytes / 2 });
      // Nor than the bytes that its file system can take.
      t.true(seconds >= dataBytes / (1e9 * fileSystem.aggregate));
    }),
  );
});

test('the writing ranks that are advised suffice, and one fewer does not', (t) => {
  fc.assert(
    fc.property(compression, fc.integer({ min: 1, max: 10_000 }), (setting, ranks) => {
      const writers = usefulWriters(setting, ranks);
      const best = projectCompression(setting, ranks, ranks).seconds;
      const found = projectCompression(setting, ranks, writers);
      t.true(found.seconds <= 1.1 * best);
      t.true(found.bottleneck !== 'write' && found.bottleneck !== 'gather');
      if (writers === 1) return;
      const fewer = projectCompression(setting, ranks, writers - 1);
      t.true(fewer.seconds > 1.1 * best || fewer.bottleneck === 'write' || fewer.bottleneck === 'gather');
    }),
  );
});

test('beyond the useful ranks time goes down no further', (t) => {
  fc.assert(
    fc.property(compression, (setting) => {
      const useful = usefulRanks(setting, 10_000, 1);
      const most = projectCompression(setting, 10_000, 1).seconds;
      t.true(projectCompression(setting, useful, 1).seconds <= 1.01 * most);
    }),
  );
});
