import { join } from 'node:path';
import test from 'ava';
import { openArchive } from '../../src/io/archive/archive-reader.js';
import { openSource } from '../../src/io/hdf5/source.js';
import {
  contentOf,
  encodedOf,
  filesBelow,
  h5diff,
  h5dumpHeaders,
  reconstructedOf,
  runFolder,
  toolsAbsence,
} from './fixtures/content.js';
import { specialBlocks, specialValues, writeModel, writeZoo } from './fixtures/data.js';
import { expectCode, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const zoo = writeZoo(join(folder, 'zoo'));
const model = writeModel(join(folder, 'model/best_model.safetensors'), 7);
const files = ['a.h5', 'sub/deeper/b.hdf5', 'sub/none.h5'];
const compressed: Record<string, string[]> = {
  'a.h5': ['/EMPTY', '/SPECIAL_float32', '/SPECIAL_float64', '/THIN', '/U_CHI', '/grid/RHO', '/grid/deep/RANK5'],
  'sub/deeper/b.hdf5': ['/U_ALPHA', '/U_CHI'],
  'sub/none.h5': [],
};

test.before(async (t) => {
  const results = join(folder, 'results');
  // The folder of a model stands for the best model in it.
  await expectCode(t, 0, ['compress', zoo, '--model-path', join(folder, 'model'), '--output-dir', results]);
  await expectCode(t, 0, ['decompress', encodedOf(results), '--output-dir', join(folder, 'back')]);
});

test('a run leaves an archive, a reconstruction and a summary', (t) => {
  const names = filesBelow(runFolder(join(folder, 'results')));
  t.deepEqual(names, ['all_variables_encoded.h5', 'all_variables_reconstructed.h5', 'summary.json']);
});

test('the archive lists every file, variable and copy', (t) => {
  const archive = openArchive(encodedOf(join(folder, 'results')));
  t.deepEqual(
    archive.manifest.files.map(({ path }) => path),
    files,
  );
  for (const { path, variables, problems } of archive.manifest.files) {
    t.deepEqual(variables.map((variable) => variable.path).sort(), compressed[path]);
    t.deepEqual(problems, []);
  }
  t.deepEqual(
    archive.manifest.files[0]!.copied.map(({ path }) => path),
    ['/line', '/octant_level'],
  );
  archive.close();
});

for (const file of files) {
  test(`${file} has the names, types, shapes and attributes of its source, and the copies' values`, (t) => {
    const options = { valuesNot: compressed[file]! };
    t.deepEqual(contentOf(join(folder, 'back', file), options), contentOf(join(zoo, file), options));
  });

  test(`${file} equals its group in all_variables_reconstructed.h5`, (t) => {
    const group = contentOf(reconstructedOf(join(folder, 'results')), { below: `/${file}` });
    t.deepEqual(contentOf(join(folder, 'back', file)), group);
  });

  const toolTest = toolsAbsence ? test.skip : test;
  toolTest(`${file} by h5dump and h5diff${toolsAbsence ? ` (${toolsAbsence})` : ''}`, (t) => {
    const back = join(folder, 'back', file);
    t.is(h5dumpHeaders(back), h5dumpHeaders(join(zoo, file)));
    const source = openSource(back);
    for (const { path } of source.datasets())
      t.is(h5diff(reconstructedOf(join(folder, 'results')), back, `/${file}${path}`, path), '');
    source.close();
  });
}

for (const dtype of ['float32', 'float64'] as const) {
  test(`blocks that are constant or not finite come back bit for bit, ${dtype}`, (t) => {
    const source = openSource(join(folder, 'back/a.h5'));
    const values = Buffer.from(source.readBytes(`/SPECIAL_${dtype}`));
    source.close();
    const expected = Buffer.from(specialValues(dtype).buffer);
    const blockBytes = expected.length / specialBlocks.length;
    for (const [index, name] of specialBlocks.entries()) {
      const [start, end] = [index * blockBytes, (index + 1) * blockBytes];
      t.true(values.subarray(start, end).equals(expected.subarray(start, end)), name);
    }
  });
}

test('values stay within the range of their block', (t) => {
  const [source, back] = [join(zoo, 'a.h5'), join(folder, 'back/a.h5')].map(openSource);
  for (const path of ['/U_CHI', '/grid/RHO', '/grid/deep/RANK5', '/THIN']) {
    const box = source!.dataset(path).shape.map((size) => [0, size] as const);
    const [original, restored] = [source!.readSlice(path, box), back!.readSlice(path, box)];
    // A wave has an amplitude of at most 0.5: even a random model cannot be further off than twice that.
    t.true(
      original.every((value, i) => Math.abs(value - restored[i]!) <= 1),
      path,
    );
  }
  source!.close();
  back!.close();
});

test('--no-reconstruct leaves the reconstruction out, --variables all other variables', async (t) => {
  const results = join(folder, 'selected');
  const options = ['--no-reconstruct', '--variables', 'u_ch*', 'grid/rho'];
  await expectCode(t, 0, ['compress', zoo, '--model-path', model, '--output-dir', results, ...options]);
  t.deepEqual(filesBelow(runFolder(results)), ['all_variables_encoded.h5', 'summary.json']);
  const archive = openArchive(encodedOf(results));
  const paths = archive.manifest.files.map(({ variables }) => variables.map(({ path }) => path).sort());
  t.deepEqual(paths, [['/U_CHI', '/grid/RHO'], ['/U_CHI'], []]);
  t.true(archive.manifest.files[0]!.copied.some(({ path }) => path === '/THIN'));
  archive.close();
});

test('verify finds the archive as recorded', async (t) => {
  const { stdout } = await expectCode(t, 0, ['verify', encodedOf(join(folder, 'results')), zoo]);
  t.regex(stdout, /sub\/deeper\/b\.hdf5.*as recorded/);
});

test('a file given by itself is named without its folder', async (t) => {
  const results = join(folder, 'single');
  const file = join(zoo, 'sub/deeper/b.hdf5');
  await expectCode(t, 0, ['compress', file, '--model-path', model, '--output-dir', results]);
  const archive = openArchive(encodedOf(results));
  t.deepEqual(
    archive.manifest.files.map(({ path }) => path),
    ['b.hdf5'],
  );
  archive.close();
});
