/** `swae bench encode|decode|train`: what they measure is well formed; PyTorch takes part where it is installed. */
import test, { type ExecutionContext } from 'ava';
import type { Row } from '../../src/commands/bench/speed/measure.js';
import { tasks } from '../../src/commands/bench/speed/tasks.js';
import { measureInTurn, median, medianRatio } from '../../src/engines/throughput.js';
import { architecture } from '../../src/models/architectures.js';
import { pythonAbsence, pythonWith } from '../python.js';
import { expectCode } from './fixtures/swae.js';

const quick = ['--rounds', '2', '--round-ms', '1', '--batch-size', '8', '--json'];

async function measure(t: ExecutionContext, task: string, args: readonly string[]): Promise<{ rows: Row[] }> {
  const { stdout } = await expectCode(t, 0, ['bench', task, ...quick, ...args]);
  return JSON.parse(stdout);
}

/** Of a 5³ MLP: 125·512 + 512·256 + 256·16 multiply-adds on either side. */
const side = 2 * (125 * 512 + 512 * 256 + 256 * 16);
const flops = { encode: side, decode: side, train: 3 * 2 * side - 2 * 125 * 512 };

for (const [task, variants] of [
  ['encode', ['float32', 'int8']],
  ['decode', ['float32', 'float8', 'int8-dynamic']],
  ['train', ['adam', 'muon']],
] as const)
  test(`bench ${task}: a row for each setting and variant`, async (t) => {
    const option = task === 'train' ? '--optimiser' : '--precision';
    const { rows } = await measure(t, task, ['--arch', 'mlp', '--threads', '1', '2', option, ...variants]);
    t.deepEqual(
      rows.map(({ architecture: name, batch, threads, variant }) => [name, batch, threads, variant]),
      [1, 2].flatMap((threads) => variants.map((variant) => ['mlp', 8, threads, variant])),
    );
    t.is(tasks[task].flopsOf(architecture('mlp', 5, 16)), flops[task]);
    for (const row of rows) {
      t.true(row.blocksPerSecond > 0 && row.ofCeiling > 0 && row.ceilingGigaflopsPerSecond > 0);
      closeTo(t, row.gigabytesPerSecond, row.blocksPerSecond * 500e-9);
      closeTo(t, row.gigaflopsPerSecond, row.blocksPerSecond * flops[task] * 1e-9);
      t.is(row.pytorch, undefined);
      if (row.variant === variants[0]) t.is(row.ofFirst, 1);
    }
  });

test('bench encode: a table with the machine above it', async (t) => {
  const args = ['--arch', 'conv', '--bare', '--block-size', '7', '--precision', 'float32', 'float8'];
  const { stdout } = await expectCode(t, 0, ['bench', 'encode', ...quick.slice(0, -1), ...args]);
  t.regex(stdout, /^# swae \S+ bench encode, Node v/);
  t.regex(stdout, /^# encode, blocks of 7³, 16 latents, without normalisation$/m);
  t.regex(stdout, /^architecture +precision +batch +threads +blocks\/s +GB\/s +GFLOP\/s +of matmul +× float32$/m);
  t.is(stdout.match(/^conv +float(32|8) +8 +1 .+ \d+ % +\d+\.\d\d$/gm)?.length, 2);
});

const python = pythonWith('torch');
const peers = 'the same networks in PyTorch take turns';
if (!python) test.skip(`${peers} (${pythonAbsence('torch')})`, () => {});
else
  for (const task of ['encode', 'decode', 'train'])
    test.serial(`${peers}: ${task}`, async (t) => {
      const { rows } = await measure(t, task, ['--python', python, '--threads', '1']);
      t.true(rows.length >= 3);
      for (const { pytorch } of rows) t.true(pytorch!.blocksPerSecond > 0 && pytorch!.ratio > 0);
    });

test('a Python that is not there or has no torch: what is wrong, and how to get it', async (t) => {
  const missing = await expectCode(t, 1, ['bench', 'encode', '--python', '/no/python', ...quick]);
  t.regex(missing.stderr, /^swae: --python \/no\/python: spawn \/no\/python ENOENT\n {2}.*pip install torch\n$/);
  // Any program that ends without an answer.
  const other = await expectCode(t, 1, ['bench', 'encode', '--python', process.execPath, ...quick]);
  t.regex(other.stderr, /^swae: --python \S+node: .+\n {2}.*pip install torch\n$/);
});

for (const [args, message] of [
  [['--batch-size', '0'], '--batch-size must be a whole number from 1, got 0'],
  [['--rounds', '0'], '--rounds must be a whole number from 1, got 0'],
  [['--round-ms', '-1'], '--round-ms must be a number above 0, got -1'],
  [['--threads', '0'], 'threads must be a whole number from 1, got 0'],
] as const)
  test(`${args.join(' ')}: exit code 2`, async (t) => {
    const { stderr } = await expectCode(t, 2, ['bench', 'encode', ...args]);
    t.is(stderr, `swae: ${message}\n`);
  });

test('turns are taken round by round, after one that does not count', async (t) => {
  const turns: string[] = [];
  const subjects = ['a', 'b'].map((name) => ({
    round: async (milliseconds: number) => turns.push(`${name} ${milliseconds}`),
  }));
  t.deepEqual(await measureInTurn(subjects, { rounds: 2, roundMs: 5 }), [
    [3, 5],
    [4, 6],
  ]);
  t.is(turns.join(), 'a 5,b 5,a 5,b 5,a 5,b 5');
});

test('medians', (t) => {
  t.is(median([3, 1, 2]), 2);
  t.is(median([4, 1, 2, 3]), 2.5);
  t.is(median([7]), 7);
  t.is(medianRatio([2, 9, 4], [1, 3, 4]), 2);
});

function closeTo(t: ExecutionContext, value: number, expected: number): void {
  // Rounding of a few products.
  t.true(Math.abs(value / expected - 1) < 1e-12, `${value} is not ${expected}`);
}
