/** Networks and latents of eight bits, through the command line. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createJournal } from '../../src/commands/compress/journal.js';
import { openArchive } from '../../src/io/archive/archive-reader.js';
import { contentOf, encodedOf, reconstructedOf, runDependent } from './fixtures/content.js';
import { writeModel, writeOctants, writeZoo } from './fixtures/data.js';
import { everyLaunch, expectCode, type SwaeOptions, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const zoo = writeZoo(join(folder, 'zoo'));
writeOctants(join(zoo, 'more.h5'), { count: 300 });
const model = writeModel(join(folder, 'model.safetensors'), 7);

interface Case {
  readonly options: readonly string[];
  readonly latentType: string;
  readonly precision: string;
}

const cases: Record<string, Case> = {
  int8: { options: ['--enable-int8', '--force'], latentType: 'int8', precision: 'int8' },
  dynamic: {
    options: ['--enable-int8', '--dynamic-scales', '--force'],
    latentType: 'int8',
    precision: 'int8-dynamic',
  },
  float8: { options: ['--use-float8'], latentType: 'float8', precision: 'float8' },
  'int8 latents': { options: ['--enable-int8', '--latents-only'], latentType: 'int8', precision: 'float32' },
  'float8 latents': { options: ['--use-float8', '--latents-only'], latentType: 'float8', precision: 'float32' },
};

async function compress(t: ExecutionContext, output: string, options: readonly string[], launch: SwaeOptions = {}) {
  const args = ['compress', zoo, '--model-path', model, ...options, '--output-dir', join(folder, output)];
  return (await expectCode(t, 0, args, launch)).stdout;
}

for (const [name, { options, latentType, precision }] of Object.entries(cases)) {
  test(`${name}: latents of a byte each, as recorded, and the loss is told`, async (t) => {
    const said = await compress(t, name, options);
    t.regex(said, /: PSNR -?[\d.]+ dB in normalised scale on a sample of the blocks, -?[\d.]+ dB in float32\n/);
    const path = encodedOf(join(folder, name));
    const archive = openArchive(path);
    t.like(archive.header.coding, { kind: 'latents', latentType, precision });
    const file = archive.manifest.files.find((candidate) => candidate.path === 'more.h5')!;
    t.deepEqual(archive.source.dataset('/files/more.h5/U_CHI').shape, [1, 16, 300]);
    const payload = archive.payload(file, file.variables[0]!, 0);
    t.is('latent' in payload && payload.latent.BYTES_PER_ELEMENT, 1);
    archive.close();
    await expectCode(t, 0, ['verify', path, zoo]);
    await expectCode(t, 0, ['decompress', path, '--output-dir', join(folder, `${name} back`)]);
    const back = contentOf(join(folder, `${name} back`, 'more.h5'));
    t.deepEqual(back, contentOf(reconstructedOf(join(folder, name)), { below: '/more.h5' }));
  });
}

const alone = ['int8', 'float8'] as const;
test.before(async (t) => {
  for (const name of alone) await compress(t, `${name} alone`, cases[name]!.options);
});

for (const [index, launch] of everyLaunch([2]).entries())
  test.serial(`the archive is the same on 2 ranks, ${launch.library}`, async (t) => {
    const name = alone[index % 2]!;
    const output = `${name} ${launch.library}`;
    await compress(t, output, cases[name]!.options, launch);
    const [got, expected] = [output, `${name} alone`].map((run) => encodedOf(join(folder, run)));
    t.deepEqual(contentOf(got!, { except: runDependent }), contentOf(expected!, { except: runDependent }));
  });

test('a resumed run keeps to the float32 of its first start', async (t) => {
  const output = join(folder, 'resumed');
  const run = join(output, 'compressed_2026-01-01_00-00-00');
  mkdirSync(run, { recursive: true });
  const args = ['compress', zoo, '--model-path', model, '--enable-int8', '--output-dir', output, '--resume'];
  // The refusal tells what the journal of the right run begins with.
  createJournal(join(run, 'journal.tmp'), '{"precision":"float32"}').close();
  const { stderr } = await expectCode(t, 1, args);
  const { precision, ...rest } = { precision: 'float32', ...JSON.parse(/this one is (\{.*\})$/m.exec(stderr)![1]!) };
  t.is(precision, 'float32');
  const identity = { swae: rest.swae, model: rest.model, blockSize: rest.blockSize, precision, inputs: rest.inputs };
  createJournal(join(run, 'journal.tmp'), JSON.stringify(identity)).close();
  const { stdout } = await expectCode(t, 0, args);
  t.regex(stdout, /note: float32 networks, as at the first start\n/);
});

test('two precisions exclude each other', async (t) => {
  const args = ['compress', zoo, '--model-path', model, '--use-float8', '--enable-int8', '--output-dir', folder];
  const { stderr } = await expectCode(t, 2, args);
  t.regex(stderr, /--use-float8 and --enable-int8 exclude each other/);
});
