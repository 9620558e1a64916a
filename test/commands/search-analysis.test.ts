import test from 'ava';
import fc from 'fast-check';
import { type Budget, bestWithin, budgetsOf } from '../../src/commands/search/budgets.js';
import {
  type Configuration,
  drawTrials,
  makeGrid,
  nameOf,
  type Space,
} from '../../src/commands/search/configuration.js';
import { labelsOf } from '../../src/commands/search/labels.js';
import type { MeasuredTrial } from '../../src/commands/search/merits.js';
import { paretoFront } from '../../src/commands/search/pareto.js';
import { drawTrials as draw } from '../../src/commands/search/plot.js';
import { UsageError } from '../../src/errors.js';
import { elementsOf } from './fixtures/picture.js';

const merits = fc.array(fc.tuple(fc.nat(4), fc.nat(4), fc.nat(4)), { maxLength: 25 });

test('the front: nobody on it is beaten, and all others are, by one who is on it', (t) => {
  fc.assert(
    fc.property(merits, (points) => {
      const front = paretoFront(points, (point) => point);
      /** With nothing lost something is gained. */
      const beats = (a: readonly number[], b: readonly number[]) =>
        !a.some((value, i) => value < b[i]!) && a.join() !== b.join();
      return points.every((point) => front.includes(point) !== front.some((other) => beats(other, point)));
    }),
    { seed: 1, numRuns: 500 },
  );
  t.pass();
});

const space: Space = {
  arch: ['mlp', 'conv'],
  widths: ['default', 'mlp:64,32', '8,8'],
  blockSize: [5, 7],
  latentSize: [4, 8],
  loss: ['mse'],
  normalisation: ['pos_log', 'minmax'],
  lr: [1e-3],
};

test('the grid: every combination that can be, once; widths of one architecture are its own', (t) => {
  const { configurations, leftOut } = makeGrid(space);
  // Widths: three of mlp; of conv only its own, since 8,8 has too few layers.
  t.is(configurations.length, (3 + 1) * 2 * 2 * 2);
  t.deepEqual(leftOut, ['widths of conv: expected 3 or more, got 2 (8,8)']);
  t.is(new Set(configurations.map(nameOf)).size, configurations.length);
  t.is(makeGrid({ ...space, latentSize: [4, 4] }).configurations.length, configurations.length / 2);
  for (const name of configurations.map(nameOf)) t.regex(name, /^[a-z0-9._-]+$/);
  t.deepEqual(
    makeGrid({ ...space, widths: ['512,256'], arch: ['mlp'] })
      .configurations.map(nameOf)
      .slice(0, 1),
    ['mlp_5x5x5_4_mse_pos_log_lr0.001'],
  );
});

test('an architecture without widths is named, widths without an architecture are an error', (t) => {
  const { configurations, leftOut } = makeGrid({ ...space, widths: ['mlp:64,32'] });
  t.true(configurations.every(({ arch }) => arch === 'mlp'));
  t.deepEqual(leftOut, ['conv, for which --widths has none']);
  t.throws(() => makeGrid({ ...space, widths: ['mlp:16', 'con:8,16,32'] }), {
    instanceOf: UsageError,
    message: '--widths con:8,16,32 is for an architecture that --arch has not; it has mlp, conv',
  });
});

test('nothing to try is an error that says why', (t) => {
  const only = { ...space, arch: ['conv'], widths: ['8,8', '64,x'] };
  t.throws(() => makeGrid(only), {
    message: /^there is nothing to try: widths of conv: expected 3 .*; widths 64,x: "x" is no number$/,
  });
  t.throws(() => makeGrid({ ...space, latentSize: [0] }), {
    message: '--latent-size must be a whole number from 1, got 0',
  });
  t.throws(() => makeGrid({ ...space, lr: [-1] }), { message: '--lr must be a number above 0, got -1' });
});

test('a random search tries some of the grid, by its seed', (t) => {
  const { configurations } = makeGrid(space);
  const drawn = drawTrials(configurations, 10, 1);
  t.is(new Set(drawn).size, 10);
  t.true(drawn.every((configuration) => configurations.includes(configuration)));
  t.deepEqual(drawTrials(configurations, 10, 1), drawn);
  t.notDeepEqual(drawTrials(configurations, 10, 2), drawn);
  t.deepEqual(drawTrials(configurations, 1000, 1), configurations);
});

/** As far as the analysis looks at it. */
function trialOf(latentSize: number, psnr: number, ratio: number, speed: number, parameters: number): MeasuredTrial {
  const configuration: Configuration = { ...makeGrid(space).configurations[0]!, latentSize };
  return { configuration, state: 'finished', psnr, speed, measured: { ratio, parameters } } as MeasuredTrial;
}

const trials = [
  trialOf(4, 30, 60, 0.15, 40_000),
  trialOf(8, 41, 33.46, 0.7, 900_000),
  trialOf(16, 44, 18.8, 0.03, 620_000),
  trialOf(32, 43, 18.8, 0.3, 15_000),
];

test('the best within each budget, by default of every ratio and of round numbers', (t) => {
  const found = (budgets: readonly Budget[]) =>
    budgets.map((budget) => [budget.title, bestWithin(budget, trials)?.configuration.latentSize]);
  t.deepEqual(found(budgetsOf(trials, {})), [
    ['ratio ≥ 18.8', 16],
    ['ratio ≥ 33.4', 8],
    ['ratio ≥ 60', 4],
    ['there and back ≥ 0.05 GB/s', 32],
    ['there and back ≥ 0.1 GB/s', 32],
    ['there and back ≥ 0.2 GB/s', 32],
    ['there and back ≥ 0.5 GB/s', 8],
    ['parameters ≤ 20,000', 32],
    ['parameters ≤ 50,000', 32],
    ['parameters ≤ 100,000', 32],
    ['parameters ≤ 200,000', 32],
    ['parameters ≤ 500,000', 32],
  ]);
  const asked = { minRatio: [20, 100], minSpeed: [], maxParameters: [1e6] };
  t.deepEqual(found(budgetsOf(trials, asked)), [
    ['ratio ≥ 20', 8],
    ['ratio ≥ 100', undefined],
    ['parameters ≤ 1,000,000', 16],
  ]);
});

test('labels name what trials differ in', (t) => {
  const labels = labelsOf(trials.map(({ configuration }) => configuration));
  t.is(labels.common, 'mse, pos_log, lr 0.001');
  t.is(labels.of(trials[1]!.configuration), 'mlp, 5³ → 8');
});

test('the picture: every trial in both panels, those of the front named, those that were stopped crossed out', (t) => {
  const labels = labelsOf(trials.map(({ configuration }) => configuration));
  const named = (elements: ReturnType<typeof elementsOf>) =>
    elements.filter(({ tag, content }) => tag === 'text' && / dB$/.test(content)).map(({ content }) => content);
  for (const shown of [trials, trials.slice(0, 1)]) {
    const elements = elementsOf(draw(shown, new Set(shown.slice(0, 2)), labels));
    const points = elements.filter(({ tag }) => tag === 'circle').map(({ attributes }) => attributes);
    t.is(points.length, 2 * shown.length);
    t.is(points.filter((point) => point['fill-opacity'] === '0.9').length, 2 * Math.min(2, shown.length));
    const [first, second] = points.map(({ cy }) => Number(cy));
    if (shown.length > 1) t.true(first! > second!, 'a larger PSNR stands higher');
    const names = shown
      .slice(0, 2)
      .map(({ configuration, psnr }) => `${labels.of(configuration)}: ${psnr.toFixed(1)} dB`);
    t.deepEqual(named(elements).sort(), [...names, ...names].sort());
  }
  const stopped = trials.map((trial, i): MeasuredTrial => (i === 3 ? { ...trial, state: 'stopped' } : trial));
  const circles = elementsOf(draw(stopped, new Set(), labels)).filter(({ tag }) => tag === 'circle');
  t.is(circles.length, 2 * 3);
});
