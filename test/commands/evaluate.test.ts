import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Row } from '../../src/commands/evaluate/cube.js';
import type { Evaluation } from '../../src/commands/evaluate/report.js';
import type { Writer } from '../../src/io/hdf5/writer.js';
import { assertClose, relative } from '../close.js';
import { mpiTest } from '../launch.js';
import { damagedVariable, writeDamaged, writeText } from './fixtures/broken.js';
import { encodedOf } from './fixtures/content.js';
import { wave, writeFile, writeModel } from './fixtures/data.js';
import { expectCode, type SwaeOptions, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const data = join(folder, 'data');
const model = writeModel(join(folder, 'model.safetensors'), 5);
const tensors = ['U_SYMGT', 'U_SYMAT'].flatMap((name) => [0, 1, 2, 3, 4, 5].map((i) => `${name}${i}`));
const octants = 9;

/** Octants of three levels: flat space with a wave on it, and a variable with zeros, a NaN and an infinity. */
function writeRun(path: string, seed: number): void {
  const shape = [octants, 7, 7, 7];
  writeFile(path, (writer) => {
    for (const [index, name] of ['U_CHI', 'U_ALPHA', ...tensors].entries()) {
      const [values] = wave(shape, 'float32', seed + index);
      const diagonal = /U_SYMGT[035]/.test(name) ? 1 : 0;
      const isTensor = name.startsWith('U_SYM');
      writer.writeDataset(
        `/${name}`,
        'float32',
        shape,
        isTensor ? values.map((value) => diagonal + 0.01 * (value - 1)) : values,
      );
    }
    writeOdd(writer, shape, seed);
    writer.writeDataset('/octant_level', 'int8', [octants], Int8Array.of(5, 5, 7, 7, 7, 6, 6, 6, 6));
  });
}

function writeOdd(writer: Writer, shape: readonly number[], seed: number): void {
  const [values] = wave(shape, 'float64', seed);
  for (let i = 0; i < values.length; i += 3) values[i] = 0;
  values[2000] = Number.NaN;
  values[3000] = Number.NEGATIVE_INFINITY;
  writer.writeDataset('/grp/ODD', 'float64', shape, values);
}

async function evaluate(
  t: ExecutionContext,
  output: string,
  args: readonly string[],
  launch: SwaeOptions = {},
): Promise<Evaluation> {
  await expectCode(t, 0, ['evaluate', ...args, '--output-dir', join(folder, output)], launch);
  return JSON.parse(readFileSync(join(folder, output, 'evaluation.json'), 'utf8'));
}

const find = (rows: readonly Row[], place: Partial<Row>): Row[] =>
  rows.filter((row) => (['file', 'variable', 'level'] as const).every((key) => row[key] === place[key]));

let byModel: Evaluation;
test.before(async (t) => {
  writeRun(join(data, 'a.h5'), 1);
  writeRun(join(data, 'sub/b.h5'), 100);
  byModel = await evaluate(t, 'model', [data, '--model-path', model]);
  await expectCode(t, 0, ['compress', data, '--model-path', model, '--output-dir', join(folder, 'results')]);
});

test('the errors are those that compress has measured', (t) => {
  const run = join(encodedOf(join(folder, 'results')), '..');
  const summary = JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8'));
  for (const { path, maxError, rmse } of summary.variables) {
    const [{ physical }] = find(byModel.rows, { variable: path }) as [Row];
    t.is(physical.maxError, maxError, path);
    // The same squares added in another order.
    assertClose([physical.rmse! / rmse], [1], relative(1e-12), path);
  }
});

test('of an archive, what its model has made of the sources', async (t) => {
  const byArchive = await evaluate(t, 'archive', [data, '--archive', encodedOf(join(folder, 'results'))]);
  t.deepEqual(byArchive.rows, byModel.rows);
  t.deepEqual(byArchive.constraints, byModel.constraints);
});

test('in float8, of a model as of an archive', async (t) => {
  const output = join(folder, 'float8');
  const by = ['--model-path', model, '--use-float8'];
  await expectCode(t, 0, ['compress', data, ...by, '--output-dir', output]);
  const ofModel = await evaluate(t, 'float8-model', [data, ...by]);
  const ofArchive = await evaluate(t, 'float8-archive', [data, '--archive', encodedOf(output)]);
  t.deepEqual(ofArchive.rows, ofModel.rows);
  t.notDeepEqual(ofModel.rows, byModel.rows);
  t.regex(ofModel.reconstruction, /, float8 latents, float8 networks$/);
});

test('of an archive within a bound: no error is larger, and normalised values are those of min and max', async (t) => {
  const output = join(folder, 'bounded');
  await expectCode(t, 0, ['compress', data, '--error-bound', '1e-3', '--output-dir', output]);
  const { rows, normalisation } = await evaluate(t, 'of-bounded', [data, '--archive', encodedOf(output)]);
  t.is(normalisation, 'minmax');
  // A value is rounded to its type, and its difference once more.
  for (const { physical } of rows) t.true(physical.maxErrorInRanges! <= 1e-3 * (1 + 1e-6), JSON.stringify(physical));
  for (const { normalised } of find(rows, { variable: '/U_CHI' }))
    t.true(normalised.minimum === 0 && normalised.maximum === 1);
});

test('files, variables and levels add up', (t) => {
  const { rows } = byModel;
  const [whole] = find(rows, {}) as [Row];
  t.is(whole.physical.count, 2 * (15 * octants * 343 - 2));
  t.is(whole.physical.notFinite, 4);
  t.is(whole.physical.notRestored, 0);
  const names = (key: 'file' | 'variable' | 'level') => [...new Set(rows.flatMap((row) => row[key] ?? []))];
  t.deepEqual(names('file'), ['a.h5', 'sub/b.h5']);
  t.is(names('variable').length, 15);
  t.deepEqual(names('level').sort(), [5, 6, 7]);
  for (const key of ['file', 'variable', 'level'] as const) {
    const parts = names(key).flatMap((name) => find(rows, { [key]: name }));
    const sum = parts.reduce((total, { physical }) => total + physical.count, 0);
    // The group grp has no octant_level of its own.
    t.is(sum, key === 'level' ? 2 * 14 * octants * 343 : whole.physical.count, key);
  }
  const [level] = find(rows, { file: 'a.h5', variable: '/U_CHI', level: 7 }) as [Row];
  t.is(level.physical.count, 3 * 343);
});

test('zeros have no relative error, and each value counts once though blocks overlap', (t) => {
  const [{ physical, normalised }] = find(byModel.rows, { file: 'a.h5', variable: '/grp/ODD' }) as [Row];
  t.is(physical.count, octants * 343 - 2);
  t.true(physical.zeros >= (octants * 343) / 3 - 1, String(physical.zeros));
  t.true(Number.isFinite(physical.meanRelative));
  // Eight blocks of 5³ for an octant; those with a value that is not finite are kept as they are.
  t.true(normalised.count < octants * 8 * 125 && normalised.count > (octants - 2) * 8 * 125, String(normalised.count));
});

test('algebraic constraints and signs, of the original and of the reconstruction', (t) => {
  const of = (quantity: string) =>
    byModel.constraints.filter(({ file, level, quantity: name }) => file === 'a.h5' && !level && name === quantity);
  const [determinant] = of('det(U_SYMGT) − 1');
  t.is(determinant!.original.count, octants * 343);
  // A wave of amplitude 0.5 on 0.01.
  t.true(determinant!.original.largest! > 1e-3 && determinant!.original.largest! < 0.03);
  t.true(determinant!.original.rms! < determinant!.original.largest!);
  t.not(determinant!.reconstruction.rms, determinant!.original.rms);
  const levels = byModel.constraints.filter(
    ({ file, quantity, level }) => file === 'a.h5' && level && quantity === 'tr(U_SYMAT)',
  );
  t.deepEqual(
    levels.map(({ level, original }) => [level, original.count]),
    [
      [5, 686],
      [7, 1029],
      [6, 1372],
    ],
  );
  const [chi] = of('U_CHI > 0');
  t.true(chi!.original.minimum! > 0);
  t.is(chi!.original.violations, 0);
});

test('the CSV has the rows and figures of the JSON', (t) => {
  const [heading, ...lines] = readFileSync(join(folder, 'model/evaluation.csv'), 'utf8').trimEnd().split('\n');
  const columns = heading!.split(',');
  t.is(lines.length, 2 * (byModel.rows.length + byModel.constraints.length));
  for (const [index, row] of byModel.rows.entries())
    for (const [place, scale] of (['physical', 'normalised'] as const).entries()) {
      const fields = lines[2 * index + place]!.split(',');
      t.is(fields.length, columns.length);
      const read = Object.fromEntries(columns.map((column, i) => [column, fields[i]]));
      t.is(read.scale, scale);
      for (const [name, value] of Object.entries({ ...row, ...row[scale], physical: null, normalised: null }))
        t.is(read[name] ?? '', value === null ? '' : String(value), `${name} of line ${2 * index + place}`);
    }
});

for (const [library, counts] of [
  ['openmpi', [2, 3]],
  ['mpich', [2]],
] as const)
  for (const ranks of counts)
    mpiTest(library, `${ranks} ranks find the same as one, bit for bit, ${library}`, async (t) => {
      const output = `${library}-${ranks}`;
      await evaluate(t, output, [data, '--model-path', model], { library, ranks });
      for (const name of ['evaluation.json', 'evaluation.csv'])
        t.is(readFileSync(join(folder, output, name), 'utf8'), readFileSync(join(folder, 'model', name), 'utf8'));
    });

test('a broken file is named, the others are measured', async (t) => {
  writeRun(join(folder, 'mixed/a.h5'), 1);
  writeText(join(folder, 'mixed/b.h5'));
  const output = join(folder, 'partial');
  const args = [
    'evaluate',
    join(folder, 'mixed'),
    '--model-path',
    model,
    '--variables',
    'U_CHI',
    '--output-dir',
    output,
  ];
  const { stderr } = await expectCode(t, 3, args);
  t.regex(stderr, /^swae: hdf5 ".*\/b\.h5": not an HDF5 file$/m);
  const { rows } = JSON.parse(readFileSync(join(output, 'evaluation.json'), 'utf8')) as Evaluation;
  t.is(find(rows, {})[0]!.physical.count, octants * 343);
});

test('a variable that cannot be read costs its file alone', async (t) => {
  const input = join(folder, 'damaged');
  writeRun(join(input, 'a.h5'), 1);
  writeDamaged(join(input, 'b.h5'));
  const output = join(folder, 'of-damaged');
  const { stderr } = await expectCode(t, 3, ['evaluate', input, '--model-path', model, '--output-dir', output]);
  t.regex(stderr, new RegExp(`^swae: hdf5 ".*/b\\.h5:${damagedVariable}": `, 'm'));
  const { rows } = JSON.parse(readFileSync(join(output, 'evaluation.json'), 'utf8')) as Evaluation;
  t.deepEqual(new Set(rows.flatMap(({ file }) => file ?? [])), new Set(['a.h5']));
  t.is(find(rows, {})[0]!.physical.count, 15 * octants * 343 - 2);
});

test('an output folder that cannot be made is said before the work', async (t) => {
  const output = join(writeText(join(folder, 'text')), 'below');
  const { stderr } = await expectCode(t, 1, ['evaluate', data, '--model-path', model, '--output-dir', output]);
  t.regex(stderr, /^swae: output folder ".*\/text\/below" cannot be made: /m);
});

test('a file that the archive lacks is named', async (t) => {
  writeRun(join(folder, 'more/a.h5'), 1);
  writeRun(join(folder, 'more/z.h5'), 1);
  const args = ['evaluate', join(folder, 'more'), '--archive', encodedOf(join(folder, 'results'))];
  const { stderr, stdout } = await expectCode(t, 3, args);
  t.regex(stderr, /^swae: z\.h5: is not in the archive$/m);
  t.regex(stdout, /^U_CHI /m);
});

const refusals: Record<string, { args: readonly string[]; code: number; message: RegExp }> = {
  'neither model nor archive': { args: [], code: 2, message: /give either --model-path .* or --archive/ },
  'model and archive': { args: ['--model-path', model, '--archive', 'x.h5'], code: 2, message: /give either/ },
  'a split of an archive': {
    args: ['--archive', 'ARCHIVE', '--split', 'test'],
    code: 2,
    message: /--split test needs --model-path/,
  },
  'eight bits of an archive': {
    args: ['--archive', 'ARCHIVE', '--enable-int8'],
    code: 2,
    message: /--use-float8 and --enable-int8 go with --model-path/,
  },
  'two precisions': {
    args: ['--model-path', model, '--use-float8', '--enable-int8'],
    code: 2,
    message: /--use-float8 and --enable-int8 exclude each other/,
  },
  'no archive': { args: ['--archive', join(data, 'a.h5')], code: 1, message: /a\.h5": not a swae archive/ },
  'a seed below 0': {
    args: ['--model-path', model, '--seed', '-1'],
    code: 2,
    message: /--seed must be a whole number from 0, got -1/,
  },
};
for (const [title, { args, code, message }] of Object.entries(refusals))
  test(`refused: ${title}`, async (t) => {
    const given = args.map((arg) => (arg === 'ARCHIVE' ? encodedOf(join(folder, 'results')) : arg));
    const output = join(folder, `refused ${title}`);
    const { stderr } = await expectCode(t, code, ['evaluate', data, ...given, '--output-dir', output]);
    t.regex(stderr, message);
    t.notRegex(stderr, /\n +at /);
    t.false(existsSync(join(output, 'evaluation.json')));
  });
