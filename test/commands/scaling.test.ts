/** Models of `dual` and `adaptive` normalisation, from training to verification. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { readModel } from '../../src/commands/model-file.js';
import { createSession, tensor } from '../../src/engines/onnx/session.js';
import { openArchive } from '../../src/io/archive/archive-reader.js';
import type { LatentPayload } from '../../src/io/archive/format.js';
import { random } from '../../src/models/random.js';
import { mpiTest } from '../launch.js';
import { contentOf, encodedOf, reconstructedOf, runDependent } from './fixtures/content.js';
import { writeFile } from './fixtures/data.js';
import { everyLaunch, expectCode, type SwaeOptions, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const octants = 96;
const shape = [octants, 5, 5, 5];

/** In each octant a plane wave through `curve`. */
function field(seed: number, curve: (wave: number) => number): Float64Array {
  return Float64Array.from({ length: octants * 125 }, (_, i) => {
    const source = random(seed, Math.floor(i / 125));
    const [a, b, c, phase] = [source.normal(), source.normal(), source.normal(), source.uniform()];
    const node = i % 125;
    return curve(Math.sin(a * Math.floor(node / 25) + b * (Math.floor(node / 5) % 5) + c * (node % 5) + 6 * phase));
  });
}

/** U_STEEP is the exponential of a wave, U_WAVE a wave, U_NEW another one; one block of each is constant, one has a NaN. */
function writeFields(path: string, seed: number, names: readonly string[]): string {
  return writeFile(path, (writer) => {
    for (const [index, name] of names.entries()) {
      const values = field(seed + index, name === '/U_STEEP' ? (wave) => Math.exp(4 * wave) : (wave) => wave);
      values.fill(1, 125, 250);
      values[250] = Number.NaN;
      const isDouble = name === '/grid/U_WAVE';
      writer.writeDataset(name, isDouble ? 'float64' : 'float32', shape, isDouble ? values : Float32Array.from(values));
    }
  });
}

const training = writeFields(at('training/a.h5'), 1, ['/U_STEEP', '/U_WAVE']);
const data = writeFields(at('data/b.h5'), 7, ['/U_STEEP', '/grid/U_WAVE', '/U_NEW']);

const trainOptions = [
  '--widths',
  '128,64',
  '--batch-size',
  '32',
  '--latent-size',
  '8',
  '--epochs',
  '4',
  '--warmup-steps',
  '5',
];

async function trainModel(t: ExecutionContext, normalisation: string, output: string, launch: SwaeOptions = {}) {
  const args = ['train', training, '--normalisation', normalisation, ...trainOptions, '--output-dir', at(output)];
  return (await expectCode(t, 0, args, launch)).stdout;
}

async function compress(t: ExecutionContext, model: string, output: string, launch: SwaeOptions = {}) {
  const args = ['compress', data, '--model-path', at(model), '--output-dir', at(output)];
  return (await expectCode(t, 0, args, launch)).stdout;
}

let said: string;
test.before(async (t) => {
  await trainModel(t, 'dual', 'dual');
  said = await trainModel(t, 'adaptive', 'adaptive');
  for (const model of ['dual', 'adaptive']) await compress(t, model, `${model}-alone`);
});

/** What an archive holds of the variable of this name. */
function payloadOf(path: string, name: string): LatentPayload {
  const archive = openArchive(path);
  const [file] = archive.manifest.files;
  const variable = file!.variables.find((candidate) => candidate.path === name)!;
  const payload = archive.payload(file!, variable, 0) as LatentPayload;
  archive.close();
  return payload;
}

function signsOf(path: string, name: string): { positive: number; negative: number } {
  const { scale } = payloadOf(path, name);
  const ranges = [...scale].filter((_, i) => i % 2 === 1);
  return { positive: ranges.filter((r) => r > 0).length, negative: ranges.filter((r) => r < 0).length };
}

for (const normalisation of ['dual', 'adaptive'] as const) {
  test(`${normalisation}: what was compressed is decompressed and verified`, async (t) => {
    const alone = at(`${normalisation}-alone`);
    const archive = encodedOf(alone);
    await expectCode(t, 0, ['verify', archive, data]);
    await expectCode(t, 0, ['decompress', archive, '--output-dir', at(`back-${normalisation}`)]);
    t.deepEqual(contentOf(at(`back-${normalisation}/b.h5`)), contentOf(reconstructedOf(alone), { below: '/b.h5' }));
    for (const name of ['/U_STEEP', '/grid/U_WAVE', '/U_NEW']) {
      const { code } = payloadOf(archive, name);
      t.deepEqual([...code.slice(0, 4)], [0, 1, 2, 0], name);
      t.is(code.filter((value) => value === 0).length, octants - 2);
    }
  });

  for (const launch of everyLaunch([2]))
    test.serial(
      `${normalisation}: the archive is the same on ${launch.ranks} rank(s), ${launch.library}`,
      async (t) => {
        const output = `${normalisation}-${launch.library}-${launch.ranks}`;
        await compress(t, normalisation, output, launch);
        const except = runDependent;
        t.deepEqual(
          contentOf(encodedOf(at(output)), { except }),
          contentOf(encodedOf(at(`${normalisation}-alone`)), { except }),
        );
      },
    );
}

test('dual: each block of a variable has its own transform', (t) => {
  const { positive, negative } = signsOf(encodedOf(at('dual-alone')), '/U_STEEP');
  t.is(positive + negative, octants - 2);
  t.true(positive > 0 && negative > 0, `${positive} logarithmic, ${negative} linear`);
});

test('adaptive: the transform of a variable is chosen in training, kept in the model, and taken by its name', async (t) => {
  t.regex(said, /^logarithmic: U_STEEP; linear: U_WAVE$/m);
  const { model } = readModel(at('adaptive/best_model.safetensors'));
  t.deepEqual(
    model.scaling,
    new Map([
      ['U_STEEP', 'pos_log'],
      ['U_WAVE', 'minmax'],
    ] as const),
  );
  const stdout = await compress(t, 'adaptive', 'by-name');
  t.deepEqual(stdout.match(/^note: .*$/gm), ['note: new to the model, encoded in logarithmic scale: /U_NEW']);
  const archive = encodedOf(at('by-name'));
  t.deepEqual(signsOf(archive, '/U_STEEP'), { positive: octants - 2, negative: 0 });
  t.deepEqual(signsOf(archive, '/grid/U_WAVE'), { positive: 0, negative: octants - 2 });
  t.deepEqual(signsOf(archive, '/U_NEW'), { positive: octants - 2, negative: 0 });
  const { stdout: info } = await expectCode(t, 0, ['info', at('adaptive')]);
  t.regex(info, /^scaling +logarithmic: U_STEEP; linear: U_WAVE$/m);
});

test('exported encoders take raw blocks; an adaptive model has one for each transform', async (t) => {
  const blocks = tensor(Float32Array.from(field(3, Math.exp)), shape);
  const signs = async (path: string) => {
    const session = await createSession(readFileSync(at(path)), { threads: 1 });
    const { scale } = await session.run({ blocks });
    await session.release();
    return [-1, 1].filter((sign) => (scale!.data as Float32Array).some((x, i) => i % 2 === 1 && Math.sign(x) === sign));
  };
  t.deepEqual(await signs('adaptive/encoder.onnx'), [1]);
  t.deepEqual(await signs('adaptive/encoder_linear.onnx'), [-1]);
  t.deepEqual(await signs('dual/encoder.onnx'), [-1, 1]);
  t.false(existsSync(at('dual/encoder_linear.onnx')));
});

test('adaptive: an interrupted run goes on to the same model', async (t) => {
  const args = (output: string) => [
    'train',
    training,
    '--normalisation',
    'adaptive',
    ...trainOptions,
    '--output-dir',
    at(output),
  ];
  await expectCode(t, 0, [...args('stopped'), '--max-steps', '9']);
  await expectCode(t, 0, [...args('stopped'), '--resume']);
  const [resumed, whole] = ['stopped', 'adaptive'].map((name) => readModel(at(`${name}/last.safetensors`)).model);
  t.deepEqual(resumed, whole);
});

for (const normalisation of ['dual', 'adaptive'] as const)
  mpiTest('openmpi', `${normalisation}: two ranks see the data of one, and choose alike`, async (t) => {
    const stdout = await trainModel(t, normalisation, `${normalisation}-2`, { library: 'openmpi', ranks: 2 });
    if (normalisation === 'adaptive') t.regex(stdout, /^logarithmic: U_STEEP; linear: U_WAVE$/m);
    const [two, one] = [`${normalisation}-2`, normalisation].map((name) => {
      const { metadata } = readModel(at(`${name}/best_model.safetensors`)).file;
      return JSON.parse(metadata.training!)['checksum of the blocks'];
    });
    t.is(two, one);
  });
