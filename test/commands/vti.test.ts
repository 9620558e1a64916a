import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openSource } from '../../src/io/hdf5/source.js';
import { readByVtk, readVti, readVtm, vtkAbsence } from '../io/vti-file.js';
import { mpiTest } from '../launch.js';
import { damagedVariable, writeDamaged, writeText } from './fixtures/broken.js';
import { encodedOf, filesBelow, reconstructedOf } from './fixtures/content.js';
import { wave, writeFile, writeModel } from './fixtures/data.js';
import { expectCode, type SwaeOptions, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const data = join(folder, 'data');
const model = writeModel(join(folder, 'model.safetensors'), 5);
const results = join(folder, 'results');
const shape = [6, 7, 7, 7];
const levels = [10, 9, 9, 10, 9, 10];
const origins = Array.from({ length: 18 }, (_, i) => i - 7.25);
const sizes = [3, 6, 6, 3, 6, 3];

/** Octants that know where they lie. */
function writeRun(path: string, seed: number): string {
  return writeFile(path, (writer) => {
    for (const [index, name] of ['U_CHI', 'U_K'].entries())
      writer.writeDataset(`/${name}`, 'float32', shape, ...wave(shape, 'float32', seed + index));
    writer.writeDataset('/octant_level', 'int8', [6], Int8Array.from(levels));
    writer.writeDataset('/octant_origin', 'float64', [6, 3], Float64Array.from(origins));
    writer.writeDataset('/octant_size', 'float64', [6], Float64Array.from(sizes));
  });
}

writeRun(join(data, 'run_0040.h5'), 1);
writeRun(join(data, 'sub/run_0080.h5'), 5);
// Grids of no octree; the first is larger than a slab, so that it is put together from several.
const large = [150, 170, 200];
writeFile(join(data, 'grids.h5'), (writer) => {
  writer.writeDataset('/RHO', 'float32', large, ...wave(large, 'float32', 9));
  writer.writeDataset('/deep/P', 'float64', [2, 3, 4, 9, 6], ...wave([2, 3, 4, 9, 6], 'float64', 10));
});

test.before(async (t) => {
  await expectCode(t, 0, ['compress', data, '--model-path', model, '--output-dir', results]);
  await expectCode(t, 0, ['vti', data, '--archive', encodedOf(results), '--output-dir', join(folder, 'whole')]);
});

/** The three arrays of a variable against source and reconstruction at a hyperslab. */
function sameArrays(
  t: ExecutionContext,
  path: string,
  file: string,
  variable: string,
  start: number,
  end: number,
): void {
  const [source, reconstructed] = [openSource(join(data, file)), openSource(reconstructedOf(results))];
  const rank = source.dataset(variable).shape.length;
  const box = source
    .dataset(variable)
    .shape.map((size, axis): [number, number] => (rank === 4 && axis === 0 ? [start, end] : [0, size]));
  const size = source
    .dataset(variable)
    .shape.slice(-3)
    .reduce((product, n) => product * n);
  const part = (values: Float32Array | Float64Array) => (rank > 4 ? values.subarray(start * size, end * size) : values);
  const original = part(source.readSlice(variable, box));
  const reconstruction = part(reconstructed.readSlice(`/${file}${variable}`, box));
  const { arrays } = readVti(path);
  const name = variable.slice(1);
  const errors = reconstruction.map((value, i) => value - original[i]!);
  for (const [what, expected] of Object.entries({ original, reconstruction, error: errors })) {
    const array = arrays[`${name} ${what}`]!;
    t.is(array.constructor, expected.constructor);
    // Millions of values: as bytes.
    t.true(bytesOf(array).equals(bytesOf(expected)), what);
  }
  t.true(arrays[`${name} error`]!.some((error) => error !== 0));
  source.close();
  reconstructed.close();
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Float64Array) =>
  Buffer.from(buffer, byteOffset, byteLength);

test('octants lie where they should, grouped by level, with original, reconstruction and error', (t) => {
  for (const file of ['run_0040', 'sub/run_0080']) {
    const path = join(folder, 'whole', `${file}.vtm`);
    const groups = readVtm(path);
    t.deepEqual(
      groups.map(({ name }) => name),
      ['level 9', 'level 10'],
    );
    for (const { name, files } of groups)
      for (const relative of files) {
        const octant = Number(/octant_(\d{6})\.vti$/.exec(relative)![1]);
        t.is(name, `level ${levels[octant]}`);
        const image = join(path, '..', relative);
        const { origin, spacing, extent, arrays } = readVti(image);
        t.deepEqual(origin, origins.slice(3 * octant, 3 * octant + 3));
        t.deepEqual(spacing, Array(3).fill(sizes[octant]! / 6));
        t.deepEqual(extent, [0, 6, 0, 6, 0, 6]);
        t.is(Object.keys(arrays).length, 6);
        for (const variable of ['/U_CHI', '/U_K']) sameArrays(t, image, `${file}.h5`, variable, octant, octant + 1);
      }
    t.is(groups.flatMap(({ files }) => files).length, 6);
  }
});

test('grids without an octree begin at 0, whatever their shape and size', (t) => {
  const [rho] = readVtm(join(folder, 'whole/grids_150x170x200.vtm'));
  t.deepEqual([rho!.name, rho!.files.length], ['volumes', 1]);
  const image = join(folder, 'whole', rho!.files[0]!);
  const { origin, spacing, extent } = readVti(image);
  t.deepEqual(
    [origin, spacing, extent],
    [
      [0, 0, 0],
      [1, 1, 1],
      [0, 199, 0, 169, 0, 149],
    ],
  );
  sameArrays(t, image, 'grids.h5', '/RHO', 0, 1);
  const [deep] = readVtm(join(folder, 'whole/grids_2x3x4x9x6.vtm'));
  t.is(deep!.files.length, 6);
  t.deepEqual(readVti(join(folder, 'whole', deep!.files[4]!)).extent, [0, 5, 0, 8, 0, 3]);
  sameArrays(t, join(folder, 'whole', deep!.files[4]!), 'grids.h5', '/deep/P', 4, 5);
});

test('chosen variables and octants, by a model', async (t) => {
  const output = join(folder, 'some');
  const args = [
    'vti',
    data,
    '--model-path',
    model,
    '--variables',
    'U_CHI',
    '--octants',
    '1-2,5',
    '--output-dir',
    output,
  ];
  const { stdout } = await expectCode(t, 0, args);
  t.regex(stdout, /run_0040\.vtm {2}3 volume\(s\)/);
  t.deepEqual(readVtm(join(output, 'run_0040.vtm')), [
    { name: 'level 9', files: ['run_0040/octant_000001.vti', 'run_0040/octant_000002.vti'] },
    { name: 'level 10', files: ['run_0040/octant_000005.vti'] },
  ]);
  t.is(filesBelow(output).length, 2 * 4);
  t.deepEqual(Object.keys(readVti(join(output, 'run_0040/octant_000005.vti')).arrays), [
    'U_CHI original',
    'U_CHI reconstruction',
    'U_CHI error',
  ]);
  sameArrays(t, join(output, 'run_0040/octant_000005.vti'), 'run_0040.h5', '/U_CHI', 5, 6);
});

mpiTest('openmpi', 'three ranks write the same', async (t) => {
  const output = join(folder, 'three');
  const launch: SwaeOptions = { library: 'openmpi', ranks: 3 };
  await expectCode(t, 0, ['vti', data, '--archive', encodedOf(results), '--output-dir', output], launch);
  const files = filesBelow(join(folder, 'whole'));
  t.deepEqual(filesBelow(output), files);
  for (const file of files)
    t.true(readFileSync(join(output, file)).equals(readFileSync(join(folder, 'whole', file))), file);
});

const vtkTest = vtkAbsence ? test.skip : test;
vtkTest(`VTK opens the octants at once${vtkAbsence ? ` (${vtkAbsence})` : ''}`, (t) => {
  const sets = readByVtk(join(folder, 'whole/run_0040.vtm'));
  const inOrder = [1, 2, 4, 0, 3, 5];
  t.is(sets.length, 6);
  for (const [place, octant] of inOrder.entries()) {
    const { group, origin, spacing, dimensions, arrays } = sets[place]!;
    t.is(group, `level ${levels[octant]}`);
    t.deepEqual(origin, origins.slice(3 * octant, 3 * octant + 3));
    t.deepEqual(spacing, Array(3).fill(sizes[octant]! / 6));
    t.deepEqual(dimensions, [7, 7, 7]);
    const own = readVti(join(folder, 'whole/run_0040', `octant_00000${octant}.vti`)).arrays;
    t.deepEqual(arrays, Object.fromEntries(Object.entries(own).map(([name, values]) => [name, [...values]])));
  }
});

test('a broken file is named, the others are written', async (t) => {
  writeRun(join(folder, 'mixed/a.h5'), 1);
  writeText(join(folder, 'mixed/b.h5'));
  const output = join(folder, 'partial');
  const { stderr } = await expectCode(t, 3, [
    'vti',
    join(folder, 'mixed'),
    '--model-path',
    model,
    '--output-dir',
    output,
  ]);
  t.regex(stderr, /^swae: hdf5 ".*\/b\.h5": not an HDF5 file$/m);
  t.true(existsSync(join(output, 'a.vtm')));
  t.false(existsSync(join(output, 'b.vtm')));
});

test('a variable that cannot be read costs its file alone', async (t) => {
  const input = join(folder, 'damaged');
  writeRun(join(input, 'a.h5'), 1);
  writeDamaged(join(input, 'b.h5'));
  const output = join(folder, 'of-damaged');
  const { stderr, stdout } = await expectCode(t, 3, ['vti', input, '--model-path', model, '--output-dir', output]);
  t.regex(stderr, new RegExp(`^swae: hdf5 ".*/b\\.h5:${damagedVariable}": `, 'm'));
  t.regex(stdout, /a\.vtm {2}6 volume\(s\)/);
  t.notRegex(stdout, /b\.vtm/);
  t.true(existsSync(join(output, 'a.vtm')));
  t.false(existsSync(join(output, 'b.vtm')));
});

test('an output folder that cannot be made ends the run', async (t) => {
  const output = join(writeText(join(folder, 'text')), 'below');
  const { stderr } = await expectCode(t, 1, [
    'vti',
    data,
    '--model-path',
    model,
    '--octants',
    '0',
    '--output-dir',
    output,
  ]);
  t.regex(stderr, /^swae: output folder ".*" cannot be made: /m);
});

const refusals: Record<string, { octants: string; code: number; message: RegExp }> = {
  'no numbers': { octants: '1-x', code: 2, message: /--octants must be numbers and ranges like 0-9,20, got "1-x"/ },
  'a range backwards': { octants: '5-1', code: 2, message: /got "5-1"/ },
  'octants that are not there': {
    octants: '600-700',
    code: 1,
    message: /--octants 600-700: the input has 1, 6 volumes/,
  },
  'octants of which the last is not there': {
    octants: '0,5-6',
    code: 1,
    message: /--octants 0,5-6: the input has 1, 6 volumes/,
  },
};
for (const [title, { octants, code, message }] of Object.entries(refusals))
  test(`refused: ${title}`, async (t) => {
    const args = ['vti', data, '--model-path', model, '--octants', octants, '--output-dir', join(folder, 'refused')];
    const { stderr } = await expectCode(t, code, args);
    t.regex(stderr, message);
    t.false(existsSync(join(folder, 'refused')));
  });
