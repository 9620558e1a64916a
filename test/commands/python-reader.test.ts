/** docs/reader, a reader in Python that follows docs/format.md and docs/record.md: it finds the same bits. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openArchive } from '../../src/io/archive/archive-reader.js';
import { openSource } from '../../src/io/hdf5/source.js';
import { pythonAbsence, pythonWith } from '../python.js';
import { encodedOf, reconstructedOf } from './fixtures/content.js';
import { writeModel, writeOctants, writeZoo } from './fixtures/data.js';
import { expectCode, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const zoo = writeZoo(join(folder, 'zoo'));
writeOctants(join(zoo, 'more.h5'), { count: 40, dtype: 'float64' });

const bounded = {
  'a bound for each variable': ['--error-bound', '1e-3'],
  'a bound for each block': ['--error-bound', '1e-4', '--bound-mode', 'block'],
  'an absolute bound': ['--error-bound', '1e-9', '--bound-mode', 'abs'],
  'a PSNR': ['--target-psnr', '70'],
};

for (const [title, options] of Object.entries(bounded))
  readerTest(`records within ${title}`, 'h5py', (t, python) => sameValues(t, python, title, options));

const model = writeModel(join(folder, 'model.safetensors'), 7);
for (const options of [[], ['--enable-int8', '--force'], ['--use-float8']])
  readerTest(`latents ${options}`, 'h5py, onnxruntime', (t, python) =>
    sameValues(t, python, `latents${options}`, ['--model-path', model, ...options]),
  );

function readerTest(title: string, modules: string, run: (t: ExecutionContext, python: string) => Promise<void>): void {
  const python = pythonWith(modules);
  if (python) test(title, (t) => run(t, python));
  else test.skip(`${title} (${pythonAbsence(modules)})`, (t) => t.pass());
}

async function sameValues(
  t: ExecutionContext,
  python: string,
  name: string,
  options: readonly string[],
): Promise<void> {
  const output = join(folder, name);
  await expectCode(t, 0, ['compress', zoo, ...options, '--output-dir', output]);
  const arrays = join(folder, `${name} arrays`);
  execFileSync(python, ['-B', 'docs/reader/archive.py', encodedOf(output), '--all', arrays]);
  const archive = openArchive(encodedOf(output));
  const reconstruction = openSource(reconstructedOf(output));
  let compared = 0;
  for (const { path, variables } of archive.manifest.files)
    for (const variable of variables) {
      const expected = Buffer.from(reconstruction.readBytes(`/${path}${variable.path}`));
      t.true(valuesOf(join(arrays, path, `${variable.path}.npy`)).equals(expected), `${path}${variable.path}`);
      compared++;
    }
  t.true(compared > 5);
  archive.close();
  reconstruction.close();
}

/** Of a .npy file: what follows its header, which ends with a line feed (NumPy, NEP 1). */
function valuesOf(path: string): Buffer {
  const bytes = readFileSync(path);
  return bytes.subarray(10 + bytes.readUInt16LE(8));
}
