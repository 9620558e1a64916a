import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { contentOf, encodedOf, filesBelow, runFolder } from './fixtures/content.js';
import { writeModel, writeOctants } from './fixtures/data.js';
import { expectCode, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const input = join(folder, 'input');
const model = writeModel(join(folder, 'model.safetensors'), 7);
for (const name of ['a', 'b']) writeOctants(join(input, `${name}.h5`), { variables: ['U_CHI', 'U_K'], count: 12 });

const compress = (output: string, ...more: string[]) => [
  'compress',
  input,
  '--model-path',
  model,
  '--output-dir',
  join(folder, output),
  ...more,
];

test.before(async (t) => {
  await expectCode(t, 0, compress('checked'));
});

test('--no-check: the same blocks, no errors, no reconstruction, no report', async (t) => {
  const { stdout } = await expectCode(t, 0, compress('unchecked', '--no-check', '--report'));
  t.regex(stdout, /^variable +data +stored +ratio +speed$/m);
  t.regex(stdout, /^errors +not measured: swae evaluate INPUT --archive .*all_variables_encoded\.h5 tells them$/m);
  const run = runFolder(join(folder, 'unchecked'));
  t.deepEqual(filesBelow(run), ['all_variables_encoded.h5', 'summary.json']);
  const { variables, stages } = JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8'));
  t.deepEqual(Object.keys(variables[0]), ['path', 'dataBytes', 'storedBytes']);
  t.is(stages.decode, 0);
  for (const name of ['checked', 'unchecked'])
    await expectCode(t, 0, ['decompress', encodedOf(join(folder, name)), '--output-dir', join(folder, `${name} back`)]);
  for (const name of ['a.h5', 'b.h5'])
    t.deepEqual(contentOf(join(folder, 'unchecked back', name)), contentOf(join(folder, 'checked back', name)));
});

test('what reads archives does without errors', async (t) => {
  await expectCode(t, 0, compress('read', '--no-check'));
  const archive = encodedOf(join(folder, 'read'));
  const { stdout } = await expectCode(t, 0, ['info', archive]);
  t.regex(stdout, /U_CHI.* –.* –/);
  const verified = await expectCode(t, 0, ['verify', archive, input]);
  t.is(verified.stdout.match(/ whole, no errors recorded$/gm)?.length, 2);
  await expectCode(t, 0, ['evaluate', input, '--archive', archive]);
});

test('a bound is always checked, and plots show errors: exit code 2', async (t) => {
  const args = ['compress', input, '--error-bound', '1e-3', '--no-check', '--output-dir', join(folder, 'bound')];
  const { stderr } = await expectCode(t, 2, args);
  t.regex(stderr, /^swae: --no-check goes with --model-path/m);
  await expectCode(t, 2, compress('plots', '--no-check', '--plots'));
});
