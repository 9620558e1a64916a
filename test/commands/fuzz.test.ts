/**
 * Damaged files: never a hang, never an end without a message, and of archives never another value or attribute. SWAE_TEST_MUTATIONS
 * (default 1000) are made of SWAE_TEST_SEED (default 1) on; a message has the seed of what it tells.
 */
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { copyTree } from '../../src/io/hdf5/copy.js';
import { openSource } from '../../src/io/hdf5/source.js';
import { encodedOf } from './fixtures/content.js';
import { wave, writeFile, writeModel } from './fixtures/data.js';
import { type FuzzOutcome, fuzz } from './fixtures/fuzz.js';
import { expectCode, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const firstSeed = 1e6 * Number(process.env.SWAE_TEST_SEED ?? 1);
const mutations = Number(process.env.SWAE_TEST_MUTATIONS ?? 1000);

/** Every type that can be copied, attributes and links, and some variables. */
const typesFile = 'test/io/fixtures/hdf5-types.h5';
const input = join(folder, 'input');
writeFile(join(input, 'types.h5'), (writer) => {
  const source = openSource(typesFile);
  copyTree(source, writer, { from: '', to: '', skip: new Set(['/v/lzf']) }).finish();
  source.close();
});
writeFile(join(input, 'small.h5'), (writer) => {
  const layout = { chunks: [4, 5, 5, 5], deflate: 4 };
  for (const [name, dtype] of [
    ['/U_CHI', 'float32'],
    ['/grid/U_K', 'float64'],
  ] as const) {
    const [values] = wave([9, 5, 5, 5], dtype, 3);
    values.fill(2, 0, 125);
    values[130] = Number.NaN;
    writer.writeDataset(name, dtype, [9, 5, 5, 5], values, layout);
    writer.writeAttribute(name, 'units', 'M');
  }
  writer.writeAttribute('/', 'code', 'solver');
});

test.before(async (t) => {
  const model = writeModel(join(folder, 'model.safetensors'), 5);
  for (const [name, options] of [
    ['latents', ['--model-path', model]],
    ['bounded', ['--error-bound', '1e-3']],
  ] as const)
    await expectCode(t, 0, ['compress', input, '--output-dir', join(folder, name), '--no-reconstruct', ...options]);
});

const subjects = [
  { title: 'an archive of latents', kind: 'archive', share: 0.3, file: () => encodedOf(join(folder, 'latents')) },
  { title: 'a bounded archive', kind: 'archive', share: 0.3, file: () => encodedOf(join(folder, 'bounded')) },
  { title: 'an HDF5 file of old format', kind: 'source', share: 0.2, file: () => typesFile },
  { title: 'an HDF5 file of new format', kind: 'source', share: 0.2, file: () => join(input, 'types.h5') },
] as const;

for (const { title, kind, share, file } of subjects)
  test.serial(`${title}, damaged, is refused by name, or it does no harm`, async (t) => {
    t.timeout(600_000);
    const outcomes = await fuzz(kind, file(), folder, firstSeed, Math.round(share * mutations));
    const allowed = kind === 'archive' ? ['same', 'refused'] : ['same', 'refused', 'other'];
    tell(t, outcomes);
    t.deepEqual(
      outcomes.filter((outcome) => !allowed.includes(outcome.kind)),
      [],
    );
  });

function tell(t: ExecutionContext, outcomes: readonly FuzzOutcome[]): void {
  const counts = new Map<string, number>();
  for (const { kind } of outcomes) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  t.log([...counts].map(([kind, count]) => `${count} ${kind}`).join(', '));
}
