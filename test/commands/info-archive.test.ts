import { join } from 'node:path';
import test from 'ava';
import { writeText } from './fixtures/broken.js';
import { encodedOf } from './fixtures/content.js';
import { writeModel, writeZoo } from './fixtures/data.js';
import { expectCode, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const zoo = writeZoo(join(folder, 'zoo'));
writeText(join(zoo, 'text.h5'));
const model = writeModel(join(folder, 'model.safetensors'), 7, 'minmax');
const results = join(folder, 'results');

test.before((t) => expectCode(t, 3, ['compress', zoo, '--model-path', model, '--output-dir', results]));

test('info tells the model, files, variables and errors of an archive', async (t) => {
  const { stdout } = await expectCode(t, 0, ['info', encodedOf(results)]);
  t.regex(stdout, /^archive of 4 file\(s\), [\d.]+ MB, made 20\S+Z by swae \d/);
  t.regex(stdout, /\ncommand +swae compress /);
  t.regex(stdout, /\nmodel +mlp, 16 float32 latents, minmax, float32 networks, SHA-256 [0-9a-f]{64}\n/);
  t.regex(stdout, /\n\/grid\/RHO +float64 +\[9, 13, 17\] +15\.9 kB +12 of 7³ +0 +0 +[\d.-]+ dB +\d/);
  t.regex(stdout, /\n\/SPECIAL_float32 +float32 .* 7 of 7³ +2 +5 +exact +0\.00e\+0\n/);
  t.regex(stdout, /\ncopied +\/line \/octant_level\n/);
  t.regex(stdout, /\ntext\.h5 .*LEFT OUT: hdf5 ".*": not an HDF5 file/);
});

test('decompress tells of the file that compression has left out', async (t) => {
  const back = join(folder, 'back');
  const { stdout, stderr } = await expectCode(t, 0, ['decompress', encodedOf(results), '--output-dir', back]);
  t.regex(stdout, /^3 of 4 files, /);
  t.regex(stderr, /^swae: text\.h5: was left out: hdf5 ".*": not an HDF5 file$/m);
});

test('info names the types of the datasets of an HDF5 file', async (t) => {
  const { stdout } = await expectCode(t, 0, ['info', 'test/io/fixtures/hdf5-types.h5']);
  t.regex(stdout, /\n\/v\/packed +float32 +\[2, 5, 6, 7\] +shuffle deflate\n/);
  for (const type of ['uint64', 'float16', 'string', 'compound', 'enum', 'opaque', 'vlen', 'reference'])
    t.regex(stdout, new RegExp(` ${type} `));
});
