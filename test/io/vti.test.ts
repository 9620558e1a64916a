import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { formatVti, formatVtm } from '../../src/io/vti.js';
import { random } from '../../src/models/random.js';
import { readByVtk, readVti, readVtm, vtkAbsence } from './vti-file.js';

const folder = mkdtempSync(join(tmpdir(), 'swae-vti-'));
test.after.always(() => rmSync(folder, { recursive: true }));

function write(name: string, ...image: Parameters<typeof formatVti>): string {
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat(formatVti(...image)));
  return path;
}

const grid = { origin: [-0.1, 2, 1e-20], spacing: [0.1, 0.1, 0.3], nodes: [4, 3, 2] };
const { NaN: nan, NEGATIVE_INFINITY: infinity } = Number;

test('what was written is read: grid, names and every bit of the values', (t) => {
  const narrow = Float32Array.from({ length: 24 }, (_, i) => i / 3);
  const wide = Float64Array.from({ length: 24 }, (_, i) => [Math.PI * i, nan, infinity, -0][i % 4]!);
  const name = 'grp/"A" < B & C';
  const path = write('small.vti', grid, [
    { name: 'narrow', values: narrow },
    { name, values: wide },
  ]);
  t.deepEqual(readVti(path), {
    origin: grid.origin,
    spacing: grid.spacing,
    extent: [0, 3, 0, 2, 0, 1],
    arrays: { narrow, [name]: wide },
  });
});

for (const [title, length] of [
  ['a whole number of blocks', 2 ** 18],
  ['a short last block', 2 ** 18 + 17],
] as const)
  test(`arrays of several compressed blocks: ${title}`, (t) => {
    const source = random(length);
    const values = Float64Array.from({ length }, () => source.normal());
    const path = write(`${length}.vti`, { ...grid, nodes: [length, 1, 1] }, [{ name: 'a', values }]);
    const read = readVti(path).arrays.a!;
    t.true(Buffer.from(read.buffer).equals(Buffer.from(values.buffer)));
  });

test('a file of several: groups and files in order', (t) => {
  const groups = [
    { name: 'level 2', pieces: [{ name: 'octant 0', file: 'a & b/0.vti' }] },
    {
      name: 'level "3"',
      pieces: [
        { name: 'octant 1', file: 'c/1.vti' },
        { name: 'octant 2', file: 'c/2.vti' },
      ],
    },
  ];
  const path = join(folder, 'several.vtm');
  writeFileSync(path, formatVtm(groups));
  t.deepEqual(readVtm(path), [
    { name: 'level 2', files: ['a & b/0.vti'] },
    { name: 'level "3"', files: ['c/1.vti', 'c/2.vti'] },
  ]);
});

const vtkTest = vtkAbsence ? test.skip : test;
vtkTest(`VTK reads the same${vtkAbsence ? ` (${vtkAbsence})` : ''}`, (t) => {
  const narrow = Float32Array.from({ length: 24 }, (_, i) => i / 3);
  const wide = Float64Array.from({ length: 24 }, (_, i) => Math.PI * i);
  write('first.vti', grid, [
    { name: 'U_CHI', values: narrow },
    { name: 'A < B', values: wide },
  ]);
  const length = 2 ** 18 + 17;
  const long = Float32Array.from({ length }, (_, i) => Math.sin(i));
  write('second.vti', { ...grid, nodes: [1, length, 1] }, [{ name: 'U_CHI', values: long }]);
  const path = join(folder, 'vtk.vtm');
  const groups = ['first', 'second'].map((name) => ({
    name: `level ${name}`,
    pieces: [{ name, file: `${name}.vti` }],
  }));
  writeFileSync(path, formatVtm(groups));
  const { origin, spacing } = grid;
  const [first, second] = readByVtk(path);
  t.deepEqual(
    [first],
    [
      {
        group: 'level first',
        origin,
        spacing,
        dimensions: [4, 3, 2],
        arrays: { U_CHI: [...narrow], 'A < B': [...wide] },
      },
    ],
  );
  t.deepEqual([second!.group, second!.dimensions], ['level second', [1, length, 1]]);
  t.true(Buffer.from(Float32Array.from(second!.arrays.U_CHI!).buffer).equals(Buffer.from(long.buffer)));
});
