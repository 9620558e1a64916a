/** docs/reader, a reader in Python that was written from docs/format.md and docs/record.md: it finds the same bits. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openArchive } from '../../src/io/archive/archive-reader.js';
import { openSource } from '../../src/io/hdf5/source.js';
import { encodedOf, reconstructedOf } from './fixtures/content.js';
import { writeModel, writeOctants, writeZoo } from './fixtures/data.js';
import { expectCode, temporaryFolder } from './fixtures/swae.js';

/** SWAE_PYTHON names another interpreter. */
const python = process.env.SWAE_PYTHON ?? 'python3';
const lacks = (modules: string) => spawnSync(python, ['-c', `import ${modules}`]).status !== 0;

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
  readerTest(`records within ${title}`, 'h5py', (t) => sameValues(t, title, options));

const model = writeModel(join(folder, 'model.safetensors'), 7);
for (const options of [[], ['--enable-int8', '--force'], ['--use-float8']])
  readerTest(`latents ${options}`, 'h5py, onnxruntime', (t) =>
    sameValues(t, `latents${options}`, ['--model-path', model, ...options]),
  );

function readerTest(title: string, modules: string, run: (t: ExecutionContext) => Promise<void>): void {
  if (lacks(modules)) test.skip(`${title} (${python} has no ${modules})`, run);
  else test(title, run);
}

async function sameValues(t: ExecutionContext, name: string, options: readonly string[]): Promise<void> {
  const output = join(folder, name);
  await expectCode(t, 0, ['compress', zoo, ...options, '--output-dir', output]);
  const arrays = join(folder, `${name} arrays`);
  execFileSync(python, ['docs/reader/archive.py', encodedOf(output), '--all', arrays]);
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
