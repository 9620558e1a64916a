/** Inputs that cannot be compressed. */
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openArchive } from '../../src/io/archive/archive-reader.js';
import { cutShort, damagedVariable, writeDamaged, writeText } from './fixtures/broken.js';
import { contentOf, encodedOf, filesBelow, reconstructedOf } from './fixtures/content.js';
import { writeFile, writeModel, writeOctants } from './fixtures/data.js';
import { expectCode, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const model = writeModel(join(folder, 'model.safetensors'), 7);
mkdirSync(join(folder, 'empty'));
writeText(join(folder, 'text/a.h5'));
const whole = writeOctants(join(folder, 'truncated/a.h5'));
const left = cutShort(whole, 0.6);
writeDamaged(join(folder, 'damaged/a.h5'));
writeFile(join(folder, 'odd/a.h5'), (writer) => {
  writer.writeDataset('/levels', 'int8', [2, 7, 7, 7], new Int8Array(686));
  writer.writeDataset('/radius', 'float32', [10], new Float32Array(10));
  writer.writeDataset('/plane', 'float64', [3, 4], new Float64Array(12));
});
writeOctants(join(folder, 'good/a.h5'));

interface Refusal {
  readonly title: string;
  readonly input: string;
  readonly variables?: readonly string[];
  readonly message: RegExp;
}

/** None of these leaves anything to compress. */
const refusals: readonly Refusal[] = [
  { title: 'a missing folder', input: 'nowhere', message: /^swae: input ".*\/nowhere": no such file or folder\n$/ },
  { title: 'an empty folder', input: 'empty', message: /^swae: input ".*\/empty": no HDF5 files/ },
  { title: 'a text file', input: 'text', message: /^swae: hdf5 ".*\/text\/a\.h5": not an HDF5 file\n$/ },
  {
    title: 'a truncated file',
    input: 'truncated',
    message: new RegExp(`^swae: hdf5 ".*/truncated/a\\.h5": truncated: expected \\d+ bytes, got ${left}\n$`),
  },
  {
    title: 'a file without variables',
    input: 'odd',
    message: /^swae: no variable in .*\/odd: expected float32 or float64 datasets of rank 3 or more\n$/,
  },
  {
    title: 'a dataset of integers',
    input: 'odd',
    variables: ['levels'],
    message: /^swae: hdf5 ".*\/odd\/a\.h5:\/levels": expected float32 or float64, got int8\n$/,
  },
  {
    title: 'a dataset of rank 1',
    input: 'odd',
    variables: ['radius'],
    message: /^swae: hdf5 ".*\/odd\/a\.h5:\/radius": expected rank 3 or more, got 1\n$/,
  },
  {
    title: 'a dataset of rank 2',
    input: 'odd',
    variables: ['/plane'],
    message: /^swae: hdf5 ".*\/odd\/a\.h5:\/plane": expected rank 3 or more, got 2\n$/,
  },
  {
    title: 'a pattern that matches nothing',
    input: 'good',
    variables: ['U_CHI', 'U_PSI*'],
    message: /^swae: --variables U_PSI\*: matches nothing\n {2}There is .*\/U_CHI/,
  },
  {
    title: 'patterns with a comma between them',
    input: 'good',
    variables: ['U_CHI,U_K'],
    message:
      /^swae: --variables U_CHI,U_K: matches nothing\n {2}Names are separated by blanks, not by commas\. There is .*\/U_CHI/,
  },
];

for (const { title, input, variables, message } of refusals) {
  test(`compress refuses ${title}`, async (t) => {
    const output = join(folder, 'out', title);
    const selection = variables ? ['--variables', ...variables] : [];
    const args = ['compress', join(folder, input), '--model-path', model, '--output-dir', output, ...selection];
    const { stderr } = await expectCode(t, 1, args);
    t.regex(stderr, message);
    t.false(existsSync(output));
  });
}

test('compress refuses a damaged chunk where there is no other file', async (t) => {
  const output = join(folder, 'out/damaged alone');
  const { stderr } = await expectCode(t, 1, [
    'compress',
    join(folder, 'damaged'),
    '--model-path',
    model,
    '--output-dir',
    output,
  ]);
  t.regex(stderr, /swae: hdf5 ".*\/damaged\/a\.h5:\/U_K": damaged: a chunk does not decompress\n/);
  t.deepEqual(
    filesBelow(output).filter((name) => !name.endsWith('.tmp')),
    [],
  );
});

test('train refuses a damaged chunk', async (t) => {
  const { stderr } = await expectCode(t, 1, [
    'train',
    join(folder, 'damaged'),
    '--output-dir',
    join(folder, 'out/train'),
  ]);
  t.regex(stderr, /swae: hdf5 ".*\/damaged\/a\.h5:\/U_K": damaged: a chunk does not decompress\n/);
});

/** Makes a folder of good files with a bad one between them. */
function mixed(name: string, writeBad: (path: string) => void): string {
  const inputs = join(folder, name);
  writeOctants(join(inputs, 'a.h5'), { seed: 1, variables: ['U_CHI', 'U_K'] });
  writeBad(join(inputs, 'b.h5'));
  writeOctants(join(inputs, 'c.h5'), { seed: 2, variables: ['U_CHI', 'U_K'] });
  return inputs;
}

/** The bad file is named on stderr and in the archive; the others are as if they were alone. */
async function leavesOut(t: ExecutionContext, inputs: string, message: RegExp): Promise<void> {
  const output = `${inputs}-results`;
  const { stderr, stdout } = await expectCode(t, 3, [
    'compress',
    inputs,
    '--model-path',
    model,
    '--output-dir',
    output,
  ]);
  t.regex(stderr, message);
  t.regex(stdout, /2 of 3 files/);
  const archive = openArchive(encodedOf(output));
  t.deepEqual(
    archive.manifest.files.map(({ path, failed }) => [path, failed !== undefined]),
    [
      ['a.h5', false],
      ['b.h5', true],
      ['c.h5', false],
    ],
  );
  t.regex(`swae: ${archive.manifest.files[1]!.failed}`, message);
  archive.close();
  const back = `${inputs}-back`;
  await expectCode(t, 0, ['decompress', encodedOf(output), '--output-dir', back]);
  t.deepEqual(filesBelow(back), ['a.h5', 'c.h5']);
  for (const name of ['a.h5', 'c.h5'])
    t.deepEqual(contentOf(join(back, name)), contentOf(reconstructedOf(output), { below: `/${name}` }));
}

test('a text file among others is left out', (t) =>
  leavesOut(t, mixed('with-text', writeText), /swae: hdf5 ".*\/b\.h5": not an HDF5 file/));

test('a truncated file among others is left out', (t) => {
  const inputs = mixed('with-truncated', (path) => cutShort(writeOctants(path), 0.6));
  return leavesOut(t, inputs, /swae: hdf5 ".*\/b\.h5": truncated: expected \d+ bytes, got \d+/);
});

test('a file with a damaged chunk among others is left out, and what it began says so', async (t) => {
  const inputs = mixed('with-damaged', writeDamaged);
  await leavesOut(t, inputs, /swae: hdf5 ".*\/b\.h5:\/U_K": damaged: a chunk does not decompress/);
  const content = contentOf(reconstructedOf(`${inputs}-results`));
  t.regex(String(content['/b.h5@left_out']), /b\.h5:\/U_K": damaged/);
  t.false(`/b.h5${damagedVariable}` in content);
});

/** Made by test/io/fixtures/hdf5-types.py: has variables, and a dataset that went through a filter that is not there. */
const filtered = 'test/io/fixtures/hdf5-types.h5';
const missingFilter =
  /swae: hdf5 ".*\/b\.h5:\/v\/lzf": stored with the HDF5 filter "lzf", .* h5repack -f GZIP=4 IN OUT/;

test('a file with a dataset whose filter is missing is left out before anything of it is compressed', async (t) => {
  const inputs = mixed('with-filter', (path) => cpSync(filtered, path));
  await leavesOut(t, inputs, missingFilter);
  const archive = openArchive(encodedOf(`${inputs}-results`));
  t.false(archive.source.has('/files/b.h5'));
  archive.close();
});

test('compress refuses a dataset whose filter is missing where there is no other file', async (t) => {
  cpSync(filtered, join(folder, 'filter-alone/b.h5'));
  const output = join(folder, 'out/filter alone');
  const args = ['compress', join(folder, 'filter-alone'), '--error-bound', '1e-3', '--output-dir', output];
  const { stderr } = await expectCode(t, 1, args);
  t.regex(stderr, missingFilter);
  t.false(existsSync(output));
});

test('a damaged dataset that is only copied costs its file alone', async (t) => {
  const inputs = mixed('with-damaged-copy', writeDamaged);
  const output = `${inputs}-results`;
  const options = ['--model-path', model, '--output-dir', output, '--variables', 'U_CHI'];
  const { stderr, stdout } = await expectCode(t, 3, ['compress', inputs, ...options]);
  t.regex(stderr, /swae: hdf5 ".*\/b\.h5:\/U_K": damaged: a chunk does not decompress/);
  t.regex(stdout, /2 of 3 files/);
  t.regex(String(contentOf(reconstructedOf(output))['/b.h5@left_out'] ?? 'not begun'), /damaged|not begun/);
});
