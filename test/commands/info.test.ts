import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { writeSafetensors } from '../../src/io/checkpoint.js';
import { mpiLibraries, mpiTest, runRanks } from '../launch.js';
import { program } from '../program.js';
import { encodedOf, runFolder } from './fixtures/content.js';
import { writeSample } from './fixtures/sample.js';
import { train } from './fixtures/training.js';

const folder = mkdtempSync(join(tmpdir(), 'swae-test-'));
const info = (file: string) => runRanks({ library: 'solo', program, args: ['info', file], cwd: folder });

test.before(async () => {
  writeSample(join(folder, 'data.h5'), { octants: 16 });
  const options = ['--batch-size', '16', '--latent-size', '4', '--max-steps', '2', '--output-dir', 'run'];
  const { code, stderr } = await train(['data.h5', ...options], { cwd: folder });
  if (code !== 0) throw new Error(stderr);
  const compress = ['compress', 'data.h5', '--model-path', 'run', '--no-reconstruct', '--output-dir', 'results'];
  await runRanks({ library: 'solo', program, args: compress, cwd: folder });
  mkdirSync(join(folder, 'empty'));
  for (const name of ['notes.txt', 'notes.h5']) writeFileSync(join(folder, name), 'These are notes.\n');
  writeFileSync(join(folder, 'nothing'), '');
  const other = join(folder, 'other.safetensors');
  writeSafetensors(other, { x: { shape: [1], data: Float32Array.of(1) } });
  writeFileSync(join(folder, 'cut.safetensors'), readFileSync(other).subarray(0, 20));
});

test.after.always(() => rmSync(folder, { recursive: true }));

const says = test.macro({
  title: (_, file: string) => `info ${file}`,
  async exec(t, file: string, lines: readonly RegExp[]) {
    const { code, stdout, stderr } = await info(file);
    t.is(code, 0, stderr);
    for (const line of lines) t.regex(stdout, line);
  },
});

const refused = test.macro({
  title: (_, file: string) => `info ${file} is refused`,
  async exec(t, file: string, message: RegExp) {
    const { code, stdout, stderr } = await info(file);
    t.is(code, 1);
    t.is(stdout, '');
    t.regex(stderr, message);
  },
});

// (125 + 1)·512 + 513·256 + 257·4 there, (4 + 1)·256 + 257·512 + 513·125 back.
const parameters = 126 * 512 + 513 * 256 + 257 * 4 + 5 * 256 + 257 * 512 + 513 * 125;
const architecture = new RegExp(
  `^architecture +mlp: blocks of 5³ to 4 latents, ${parameters.toLocaleString('en')} parameters$`,
  'm',
);

test(says, 'run', [
  /^model, 1\.\d+ MB$/m,
  architecture,
  /^normalisation +pos_log$/m,
  /^batch-size +16$/m,
  /^step +2$/m,
]);
test(says, 'run/best_model.safetensors', [/^model, /m, architecture, /^validation_error +\d\.\d+$/m]);
test(says, 'run/last.safetensors', [/^checkpoint, [34]\.\d+ MB$/m, architecture, /^step +2$/m, /^lr +0\.004$/m]);
test(says, 'data.h5', [/^HDF5 file, \d/m, /^\/U_ALPHA +float32 +\[16, 5, 5, 5\]/m, /^\/U_K /m, /^\/step /m]);

test(refused, 'nowhere', /^swae: file "nowhere": there is none$/m);
test(
  refused,
  'empty',
  /^swae: folder "empty": there is neither best_model\.safetensors nor all_variables_encoded\.h5$/m,
);
const neither = 'neither an HDF5 file nor a model \\(safetensors\\)';
test(
  refused,
  'notes.txt',
  new RegExp(`^swae: file "notes\\.txt": ${neither}: its first bytes are those of something else$`, 'm'),
);
test(
  refused,
  'notes.h5',
  new RegExp(`^swae: file "notes\\.h5": ${neither}: its first bytes are those of something else$`, 'm'),
);
test(refused, 'nothing', new RegExp(`^swae: file "nothing": ${neither}: it is empty$`, 'm'));
test(refused, 'cut.safetensors', /^swae: checkpoint "cut\.safetensors": truncated: /m);
test(refused, 'other.safetensors', /^swae: model "other\.safetensors": expected format "swae-model", got null$/m);

test('info of the folder of a compress run is that of its archive', async (t) => {
  const results = join(folder, 'results');
  const { code, stdout, stderr } = await info(runFolder(results));
  t.is(code, 0, stderr);
  t.regex(stdout, /^archive of 1 file\(s\)/);
  t.is(stdout, (await info(encodedOf(results))).stdout);
});

for (const library of mpiLibraries) {
  mpiTest(library, `2 ranks say it once, ${library}`, async (t) => {
    for (const args of [['info', 'run'], ['flops'], ['diagram']]) {
      const one = await runRanks({ library: 'solo', program, args, cwd: folder });
      const two = await runRanks({ library, ranks: 2, program, args, cwd: folder });
      t.is(two.code, 0, two.stderr);
      t.is(two.stdout, one.stdout);
    }
    const { code, stderr } = await runRanks({ library, ranks: 2, program, args: ['info', 'nowhere'], cwd: folder });
    t.is(code, 1);
    t.is(stderr.match(/there is none/g)?.length, 1);
  });
}
