/** A run that is resumed with what is not its own, and the summary that scripts read. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import test from 'ava';
import { createJournal } from '../../src/commands/compress/journal.js';
import { stageNames } from '../../src/commands/compress/stages.js';
import { lockFolder } from '../../src/dist/folder-lock.js';
import { encodedOf, filesBelow, runFolder } from './fixtures/content.js';
import { writeModel, writeOctants } from './fixtures/data.js';
import { expectCode, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const input = join(folder, 'input');
for (const [seed, name] of ['a.h5', 'b.h5'].entries()) writeOctants(join(input, name), { seed });
const model = writeModel(join(folder, 'seven.safetensors'), 7);
const other = writeModel(join(folder, 'five.safetensors'), 5);

test('a run is resumed with a model of its block size, and with its inputs, alone', async (t) => {
  const output = join(folder, 'results');
  const unfinished = join(output, 'compressed_2026-01-01_00-00-00');
  const resume = (path: string, inputs = input) => [
    'compress',
    inputs,
    '--model-path',
    path,
    '--output-dir',
    output,
    '--resume',
  ];
  mkdirSync(unfinished, { recursive: true });
  // A run of nothing: the refusal tells what the journal of the right one begins with.
  createJournal(join(unfinished, 'journal.tmp'), '{}').close();
  const first = await expectCode(t, 1, resume(model));
  const identity = /this one is (\{.*\})$/m.exec(first.stderr)![1]!;
  createJournal(join(unfinished, 'journal.tmp'), identity).close();

  const { stderr } = await expectCode(t, 1, resume(other));
  t.regex(
    stderr,
    /^swae: journal ".*journal\.tmp": is of another run: \{"model":"\w+","blockSize":7\}; this one is \{"model":"\w+","blockSize":5\}\n {2}Resume with the inputs, model/,
  );
  const foreign = await expectCode(t, 1, resume(model, join(input, 'a.h5')));
  t.regex(foreign.stderr, /is of another run: \{"inputs":"\w+"\}; this one is \{"inputs":"\w+"\}/);
  t.deepEqual(filesBelow(unfinished), ['journal.tmp']);

  await expectCode(t, 0, resume(model));
  t.is(runFolder(output), unfinished);
  t.deepEqual(filesBelow(unfinished), ['all_variables_encoded.h5', 'all_variables_reconstructed.h5', 'summary.json']);
});

test('a run that another process works on is left alone, a compression and a training', async (t) => {
  const output = join(folder, 'held');
  const unfinished = join(output, 'compressed_2026-01-01_00-00-00');
  mkdirSync(unfinished, { recursive: true });
  createJournal(join(unfinished, 'journal.tmp'), '{}').close();
  for (const [held, args] of [
    [unfinished, ['compress', input, '--model-path', model, '--resume']],
    [output, ['train', input]],
  ] as const) {
    t.is(lockFolder(held), undefined);
    const { stderr } = await expectCode(t, 1, [...args, '--output-dir', output]);
    t.regex(stderr, new RegExp(`^swae: folder "${held}": process ${process.pid} of this machine works on it$`, 'm'));
  }
  t.deepEqual(filesBelow(output), ['compressed_2026-01-01_00-00-00/journal.tmp']);
});

test('what an earlier start has left of a reconstruction goes where none is wanted any more', async (t) => {
  const output = join(folder, 'unwanted');
  const options = ['--model-path', model, '--output-dir', output, '--resume', '--no-reconstruct'];
  const unfinished = join(output, 'compressed_2026-01-01_00-00-00');
  mkdirSync(unfinished, { recursive: true });
  // Killed before their first records were whole.
  for (const name of ['journal', 'all_variables_encoded.h5', 'all_variables_reconstructed.h5'])
    writeFileSync(join(unfinished, `${name}.tmp`), '');
  await expectCode(t, 0, ['compress', input, ...options]);
  t.deepEqual(
    filesBelow(output),
    ['all_variables_encoded.h5', 'summary.json'].map((name) => join(basename(unfinished), name)),
  );
});

test('summary.json has what the table says', async (t) => {
  const output = join(folder, 'summed');
  const { stdout } = await expectCode(t, 0, ['compress', input, '--model-path', model, '--output-dir', output]);
  const summary = JSON.parse(readFileSync(join(runFolder(output), 'summary.json'), 'utf8'));
  const encodedBytes = readFileSync(encodedOf(output)).length;
  const dataBytes = 2 * 24 * 343 * 4;
  const ratio = (dataBytes + summary.copiedBytes) / encodedBytes;
  t.true(summary.copiedBytes > 0);
  t.like(summary, { ranks: 1, files: 2, failed: [], dataBytes, encodedBytes, ratio });
  t.true(summary.seconds > 0);
  t.deepEqual(Object.keys(summary.stages), [...stageNames]);
  const [variable] = summary.variables;
  t.is(summary.variables.length, 1);
  t.like(variable, { path: '/U_CHI', dataBytes });
  t.true(variable.storedBytes > 0 && variable.storedBytes < dataBytes);
  t.true(variable.rmse > 0 && variable.rmse <= variable.maxError && variable.maxError <= variable.range);
  t.true(Math.abs(variable.psnr - 20 * Math.log10(variable.range / variable.rmse)) < 1e-9);
  t.regex(
    stdout,
    new RegExp(
      `^U_CHI .*${variable.psnr.toFixed(1)} dB +${variable.maxError.toExponential(1).replace('+', '\\+')} `,
      'm',
    ),
  );
});
