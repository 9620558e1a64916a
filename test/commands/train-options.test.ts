import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readSafetensors } from '../../src/io/checkpoint.js';
import { temporaryFolder, writeSample } from './fixtures/sample.js';
import { checkpointStep, readMetrics, train } from './fixtures/training.js';

const trains = test.macro({
  title: (_, options: string) => `train ${options}`,
  /** `k` is the octants' side, `said` what the run says of its data. */
  async exec(t, options: string, said: RegExp, k: number = 5, dtype: 'float32' | 'float64' = 'float32') {
    const folder = temporaryFolder(t);
    for (const seed of [1, 2, 3]) writeSample(join(folder, 'data', `${seed}.h5`), { octants: 16, k, dtype, seed });
    const output = join(folder, 'run');
    const given = options.split(' ').filter(Boolean);
    const batch = given.includes('--batch-size') ? [] : ['--batch-size', '8'];
    const args = [...given, ...batch, '--max-steps', '12', '--output-dir', output];
    const { code, stdout, stderr } = await train([join(folder, 'data'), ...args]);
    t.is(code, 0, stderr);
    t.regex(stdout, said);
    for (const { epoch_reconstruction, validation_error } of readMetrics(output)) {
      t.true(epoch_reconstruction! > 0);
      t.true(validation_error! > 0);
    }
    // On no terminal, progress is whole lines that a log can hold.
    t.regex(stderr, /^train █{24} 100 % [\d,]+ samples\/s, 0 s left epoch \d+, loss \d\.\d+e[-+]\d+$/m);
    t.false(stderr.includes('\r') || stderr.includes('\u001b'));
  },
});

// Three files of two variables that change and one that is constant, each of 16 octants.
test(trains, '', /^96 blocks of 5³ from 3 files and 3 variables: 77 to train on, 14 to validate, 5 to test$/m);
test(trains, '--normalisation minmax', /^96 blocks of 5³/m);
test(trains, '--block-size 7', /^96 blocks of 7³/m, 7);
test(trains, '--block-size 7 --normalisation minmax', /^96 blocks of 7³/m, 7, 'float64');
test(trains, '--batch-size 9', /^96 blocks of 5³/m, 5, 'float64');
// A block of 5³ in each corner of an octant of 7³.
test(trains, '--block-size 5 --batch-size 64', /^768 blocks of 5³/m, 7);
test(trains, '--variables u_alpha U_f*', /^48 blocks of 5³ from 3 files and 2 variables/m);
test(trains, '--variables *K', /^48 blocks of 5³ from 3 files and 1 variables/m);
// One file of three has all the validation blocks, and none is left to test.
test(trains, '--split-by file', /^96 blocks .*: 64 to train on, 32 to validate, 0 to test$/m);
// About a third of the 144 blocks: the standard deviation of 32 kept of 96 is below 5.
test(trains, '--max-blocks 48', /^(1[2-9]|[2-4]\d|5[0-2]) blocks of 5³/m);

test('early stopping ends a run before its last epoch', async (t) => {
  const folder = temporaryFolder(t);
  writeSample(join(folder, 'data.h5'), { octants: 16 });
  const output = join(folder, 'run');
  // A rate at which training fails to get better soon.
  const options = ['--batch-size', '8', '--epochs', '500', '--patience', '2', '--lr', '0.5', '--warmup-steps', '0'];
  const { code, stderr } = await train([join(folder, 'data.h5'), ...options, '--output-dir', output]);
  t.is(code, 0, stderr);
  const errors = readMetrics(output).flatMap(({ validation_error }): number[] =>
    validation_error === undefined ? [] : [validation_error],
  );
  t.true(errors.length < 500);
  const [earlier, later] = [errors.slice(0, -2), errors.slice(-2)];
  t.true(Math.min(...later) >= Math.min(...earlier), 'the last two epochs were no better than one before');
  const { training } = readSafetensors(join(output, 'best_model.safetensors')).metadata;
  t.is(JSON.parse(training!).validation_error, Math.min(...errors));
  t.regex(stderr, /^train .*samples\/s, .* left epoch \d+/m);
});

test('a run that stops before its first epoch ends leaves a model', async (t) => {
  const folder = temporaryFolder(t);
  writeSample(join(folder, 'data.h5'), { octants: 64 });
  const output = join(folder, 'run');
  const options = ['--batch-size', '8', '--max-steps', '3', '--output-dir', output];
  const { code, stdout, stderr } = await train([join(folder, 'data.h5'), ...options]);
  t.is(code, 0, stderr);
  for (const name of ['best_model.safetensors', 'encoder.onnx', 'decoder.onnx']) t.true(existsSync(join(output, name)));
  t.is(checkpointStep(output), 3);
  t.regex(stdout, /^best validation error \d\.\d+e-\d+ .*; 0 epochs, 3 steps in/m);
});

test('a run without blocks to validate on says that those to train on stand in for them', async (t) => {
  const folder = temporaryFolder(t);
  writeSample(join(folder, 'data.h5'), { octants: 16 });
  const output = join(folder, 'run');
  const options = ['--split-by', 'file', '--batch-size', '8', '--max-steps', '12', '--output-dir', output];
  const { code, stdout, stderr } = await train([join(folder, 'data.h5'), ...options]);
  t.is(code, 0, stderr);
  t.is(stdout.match(/^note: there are no blocks to validate on: those to train on stand in for them$/gm)?.length, 1);
  t.regex(stdout, /^best training error \d\.\d+e-\d+ /m);
});
