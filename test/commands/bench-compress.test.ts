/** `swae bench compress`: every second of a compression belongs to a stage, and nothing is left behind. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Report } from '../../src/commands/bench/compress/report.js';
import { reportOf } from '../../src/commands/bench/compress/report.js';
import { StageClock, secondsByStage, stageNames } from '../../src/commands/compress/stages.js';
import { writeModel, writeOctants } from './fixtures/data.js';
import { everyLaunch, expectCode, type SwaeOptions, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const input = join(folder, 'run.h5');
writeOctants(input, { variables: ['U_CHI', 'U_K'], count: 40 });
const model = writeModel(join(folder, 'model.safetensors'), 7);
const output = join(folder, 'results');
const quick = ['--rounds', '2', '--round-ms', '1', '--output-dir', output];
const dataBytes = 2 * 40 * 343 * 4;

async function measure(t: ExecutionContext, args: readonly string[], options: SwaeOptions = {}): Promise<Report> {
  const { stdout } = await expectCode(t, 0, ['bench', 'compress', input, ...quick, ...args, '--json'], options);
  t.true(existsSync(output));
  t.deepEqual(readdirSync(output), []);
  return JSON.parse(stdout);
}

for (const launch of everyLaunch([2]))
  test.serial(`shares sum to 1, ${launch.library}, ranks: ${launch.ranks}`, async (t) => {
    const report = await measure(t, ['--model-path', model, '--threads', '1'], launch);
    t.like(report, { threads: 1, dataBytes, reconstruct: true });
    t.is(report.machine.ranks, launch.ranks);
    t.is(report.rounds.length, 2);
    const shares = stageNames.map((stage) => report.shares[stage]);
    // Of 64-bit sums.
    t.true(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-12);
    t.true(shares.every((share) => share > 0));
    for (const { whole, encode, decode } of report.rounds) t.true(whole > 0 && whole < encode && whole < decode);
    t.true(report.ofEncode < report.ofCoding && report.ofCoding < 1);
  });

test.serial('within a bound what is decoded is part of encoding', async (t) => {
  const report = await measure(t, ['--error-bound', '1e-3', '--no-reconstruct']);
  t.false(report.reconstruct);
  t.true(report.shares.encode > report.shares.decode);
});

test.serial('the table', async (t) => {
  const { stdout } = await expectCode(t, 0, ['bench', 'compress', input, '--model-path', model, ...quick]);
  for (const stage of stageNames) t.regex(stdout, new RegExp(`^${stage} .+ \\d+\\.\\d % +\\d+\\.\\d\\d$`, 'm'));
  t.regex(stdout, /^from file to file {3}.+\/s: \d+ % of encode alone, \d+ % of encode and decode$/m);
});

test('ratios and shares by hand', (t) => {
  const stages = { read: 1, encode: 3, decode: 2, measure: 1, gather: 1, write: 2 };
  const round = { encode: 300, decode: 600, whole: 100, stages };
  const run = { machine: {} as Report['machine'], threads: 1, dataBytes: 1000, check: true, reconstruct: true };
  const report = reportOf(run, [round, { ...round, whole: 50 }, { ...round, whole: 150 }]);
  // Encode, then decode: 1 / (1/300 + 1/600) = 200.
  t.like(report, { bytesPerSecond: 100, ofEncode: 1 / 3, ofCoding: 0.5 });
  t.deepEqual(report.shares, { read: 0.1, encode: 0.3, decode: 0.2, measure: 0.1, gather: 0.1, write: 0.2 });
});

test('time belongs to the stage that ends it', (t) => {
  const clock = new StageClock();
  const started = performance.now();
  while (performance.now() - started < 20);
  clock.lap('encode');
  clock.lap('write');
  const { encode, write, read } = secondsByStage(clock.seconds);
  t.true(encode >= 0.02 && write >= 0);
  t.is(read, 0);
});

test('no rounds: exit code 2', async (t) => {
  const { stderr } = await expectCode(t, 2, ['bench', 'compress', input, '--model-path', model, '--rounds', '0']);
  t.is(stderr, 'swae: --rounds must be a whole number from 1, got 0\n');
});
