/** The parts of a training run's split. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Evaluation } from '../../src/commands/evaluate/report.js';
import { mpiTest } from '../launch.js';
import { writeSample } from './fixtures/sample.js';
import { expectCode, type SwaeOptions, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const data = join(folder, 'data');
for (const [seed, name] of ['a', 'b', 'c', 'd'].entries())
  writeSample(join(data, `${name}.h5`), {
    octants: 40,
    seed,
    variables: { '/U_ALPHA': 'positive', '/U_K': 'signed', '/U_FLAT': 'constant' },
  });

const normalisations = ['pos_log', 'zscore', 'dual'] as const;
const outputs: Record<string, string> = {};
for (const name of normalisations)
  test.before(async (t) => {
    const run = join(folder, name);
    const args = ['train', data, '--normalisation', name, '--batch-size', '32', '--epochs', '2', '--output-dir', run];
    outputs[name] = (await expectCode(t, 0, args)).stdout;
  });

const evaluations = new Map<string, Promise<Evaluation>>();

/** Each but once. */
function evaluate(t: ExecutionContext, run: string, args: readonly string[], launch: SwaeOptions = {}) {
  const key = `${run} ${args.join(' ')} ${launch.ranks ?? 1}`;
  const evaluation = evaluations.get(key) ?? measure(t, run, args, launch);
  evaluations.set(key, evaluation);
  return evaluation;
}

async function measure(
  t: ExecutionContext,
  run: string,
  args: readonly string[],
  launch: SwaeOptions,
): Promise<Evaluation> {
  const output = join(folder, `${run} ${args.join(' ')} ${launch.ranks ?? 1}`);
  await expectCode(
    t,
    0,
    ['evaluate', data, '--model-path', join(folder, run), ...args, '--output-dir', output],
    launch,
  );
  return JSON.parse(readFileSync(join(output, 'evaluation.json'), 'utf8'));
}

const wholeOf = ({ rows }: Evaluation) => rows.find(({ file, variable, level }) => !file && !variable && !level)!;
const blocksOf = (evaluation: Evaluation) => wholeOf(evaluation).physical.count / 125;

for (const name of normalisations)
  test(`${name}: the parts are those of the training run`, async (t) => {
    const [, training, validation, tests] = /: (\d+) to train on, (\d+) to validate, (\d+) to test/.exec(
      outputs[name]!,
    )!;
    // Of `dual` it counts both forms of a block.
    const forms = name === 'dual' ? 2 : 1;
    const [blocks, expected] = [[], []] as [number[], number[]];
    for (const [part, count] of Object.entries({ training, validation, test: tests })) {
      blocks.push(blocksOf(await evaluate(t, name, ['--split', part])));
      expected.push(Number(count));
    }
    // The constant variable is not trained on.
    t.is(
      blocks.reduce((sum, count) => sum + count, 0),
      4 * 2 * 40,
    );
    if (forms === 1) t.deepEqual(blocks, expected);
    else for (const [i, count] of blocks.entries()) t.true(expected[i]! >= count && expected[i]! <= 2 * count);
  });

test('the error on the test part is the one that the training has printed', async (t) => {
  const printed = Number(/last model on the test part (\S+)/.exec(outputs.pos_log!)![1]);
  const { mse } = wholeOf(await evaluate(t, 'pos_log', ['--split', 'test'])).normalised;
  // What a decoder gives beyond [0, 1] is cut off, which the training does not do; any other 16 blocks differ by tens of percent.
  t.true(mse! <= printed * 1.001 && mse! > 0.9 * printed, `${mse}, printed ${printed}`);
});

test('another seed chooses other blocks, and a split by files whole files', async (t) => {
  const [one, other, byFile] = [
    await evaluate(t, 'pos_log', ['--split', 'validation']),
    await evaluate(t, 'pos_log', ['--split', 'validation', '--seed', '7']),
    await evaluate(t, 'pos_log', ['--split', 'validation', '--split-by', 'file']),
  ];
  t.is(blocksOf(one), blocksOf(other));
  t.notDeepEqual(wholeOf(one).normalised, wholeOf(other).normalised);
  t.is(blocksOf(byFile), 2 * 40);
  t.is(new Set(byFile.rows.flatMap(({ file }) => file ?? [])).size, 1);
});

mpiTest('openmpi', 'three ranks choose and measure the same', async (t) => {
  const [one, three] = [
    await evaluate(t, 'pos_log', ['--split', 'test']),
    await evaluate(t, 'pos_log', ['--split', 'test'], { library: 'openmpi', ranks: 3 }),
  ];
  t.deepEqual(three, one);
});

test('other blocks than those of the training are refused', async (t) => {
  const args = ['evaluate', data, '--variables', 'U_K', '--model-path', join(folder, 'pos_log'), '--split', 'test'];
  const { stderr } = await expectCode(t, 1, args);
  t.regex(stderr, /was trained on a split of 320 blocks, the input has 160\n {2}Give the input/);
});
