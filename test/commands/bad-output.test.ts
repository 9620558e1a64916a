/** Outputs that cannot be written: an error that names them, and nothing half-written under a final name. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openSource } from '../../src/io/hdf5/source.js';
import { absence } from '../launch.js';
import { writeText } from './fixtures/broken.js';
import { encodedOf, filesBelow } from './fixtures/content.js';
import { writeModel, writeOctants } from './fixtures/data.js';
import { mountTest } from './fixtures/mounts.js';
import { expectCode, swae, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const input = join(folder, 'input');
const variables = ['U_CHI', 'U_ALPHA', 'U_K'];
for (const [seed, name] of ['a.h5', 'b.h5'].entries()) writeOctants(join(input, name), { variables, count: 120, seed });
const model = writeModel(join(folder, 'model.safetensors'), 7);
const results = join(folder, 'results');
const file = writeText(join(folder, 'file'));

const commands: Record<string, () => string[]> = {
  compress: () => ['compress', input, '--model-path', model],
  decompress: () => ['decompress', encodedOf(results)],
  train: () => ['train', input, '--block-size', '7', '--batch-size', '8', '--max-steps', '2'],
};

test.before((t) => expectCode(t, 0, ['compress', input, '--model-path', model, '--output-dir', results]));

async function refuses(t: ExecutionContext, command: string, output: string, message: RegExp): Promise<void> {
  const { stderr } = await expectCode(t, 1, [...commands[command]!(), '--output-dir', output]);
  t.regex(stderr, message);
  t.notRegex(stderr, /\n +at /, 'a stack is for our defects, not for what the user can mend');
  t.true(stderr.includes(output), stderr);
  const left = existsSync(output) ? filesBelow(output) : [];
  // What a killed or failed run leaves to be resumed has names of its own.
  t.deepEqual(
    left.filter((name) => !/\.tmp$|\.jsonl$|^tensorboard\//.test(name)),
    [],
  );
}

for (const command of Object.keys(commands)) {
  test(`${command}: an output folder below a regular file`, (t) =>
    refuses(t, command, join(file, 'out'), /^swae: output folder ".*" cannot be made: .*not a directory/m));

  const readOnly = join(folder, `read-only-${command}`);
  mountTest(`${command}: a read-only file system`, readOnly, 'ro,size=64k', (t) =>
    refuses(t, command, join(readOnly, 'out'), /^swae: output folder ".*" cannot be made: .*read-only file system/m),
  );

  // Room for the start of a file, not for a whole one.
  const full = join(folder, `full-${command}`);
  mountTest(`${command}: a full disk`, full, 'size=300k', (t) =>
    refuses(t, command, join(full, 'out'), /^swae: (hdf5|file) ".*": no space left on device/m),
  );
}

// The journal (some 60 kB) fits, so that a run with more room goes on from it.
const small = join(folder, 'resumed');
mountTest('compress: a run that filled its disk leaves a journal to go on from', small, 'size=600k', async (t) => {
  const output = join(small, 'out');
  await refuses(t, 'compress', output, /no space left on device/);
  t.true(filesBelow(output).some((name) => name.endsWith('journal.tmp')));
});

const rankDisk = join(folder, 'full-ranks');
if (absence('openmpi')) test.skip(`compress on 2 ranks: a full disk (${absence('openmpi')})`, (t) => t.pass());
else
  mountTest('compress on 2 ranks: a full disk ends all of them', rankDisk, 'size=300k', async (t) => {
    const output = join(rankDisk, 'out');
    const args = [...commands.compress!(), '--output-dir', output];
    const { stderr, code, timedOut } = await swae(args, { library: 'openmpi', ranks: 2, timeout: 30 });
    t.false(timedOut);
    t.is(code, 1);
    t.regex(stderr, /swae: rank 0: .*no space left on device/);
  });

test('decompress does not replace a file unless told to', async (t) => {
  const output = join(folder, 'taken');
  mkdirSync(output);
  writeText(join(output, 'b.h5'), 'precious');
  const args = ['decompress', encodedOf(results), '--output-dir', output];
  const { stderr } = await expectCode(t, 1, args);
  t.regex(stderr, /^swae: output file ".*\/taken\/b\.h5" exists\n {2}Choose another --output-dir, or --overwrite\.\n$/);
  t.is(readFileSync(join(output, 'b.h5'), 'utf8'), 'precious');
  t.deepEqual(filesBelow(output), ['b.h5']);
  await expectCode(t, 0, [...args, '--overwrite']);
  const source = openSource(join(output, 'b.h5'));
  t.is(source.datasets().length, 4);
  source.close();
});
