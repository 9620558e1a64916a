/** Datasets that are written slab by slab, as planes of bytes and as they are. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { GrowingDataset } from '../../src/io/hdf5/growing-dataset.js';
import { fromPlanes } from '../../src/io/hdf5/planes.js';
import { openSource } from '../../src/io/hdf5/source.js';
import { type StoredArray, type StoredDtype, Writer, widthOf } from '../../src/io/hdf5/writer.js';
import { random } from '../../src/models/random.js';

const folder = mkdtempSync(join(tmpdir(), 'swae-growing-'));
test.after.always(() => rmSync(folder, { recursive: true }));

const numbers = 7;
const constructors = { int8: Int8Array, uint8: Uint8Array, float32: Float32Array, float64: Float64Array };

/** Every bit of every number is random. */
function rowsOf(dtype: StoredDtype, rows: number, seed: number): StoredArray {
  const source = random(seed);
  const bytes = Uint8Array.from({ length: rows * numbers * widthOf(dtype) }, () => 256 * source.uniform());
  return new constructors[dtype](bytes.buffer);
}

const bytesOf = ({ buffer, byteOffset, byteLength }: StoredArray) =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

/** Of rows so many in each slab: some kilobytes in one piece, and more than the 4 MB that are held back, in several. */
const slabs: Record<string, readonly number[]> = {
  'one slab': [5],
  'some slabs, one of them empty': [3, 0, 11, 1],
  'slabs of more than one flush': [90_000, 70_001, 5, 160_000, 0, 80_003],
};

for (const dtype of ['float32', 'int8', 'uint8'] as const)
  for (const [title, counts] of Object.entries(slabs))
    test(`planes of ${dtype} come back slab by slab, and h5dump reads them: ${title}`, (t) => {
      const path = join(folder, `${dtype} ${title}.h5`);
      const width = widthOf(dtype);
      const all = counts.map((rows, index) => rowsOf(dtype, rows, index + 1));
      const writer = new Writer(path);
      const dataset = new GrowingDataset(writer, '/group/x', dtype, [numbers], {
        deflate: 1,
        planes: true,
        required: true,
      });
      for (const slab of all) dataset.append(slab);
      dataset.end();
      writer.finish();

      const rows = counts.reduce((sum, count) => sum + count, 0);
      const source = openSource(path);
      t.deepEqual(source.dataset('/group/x').shape, [width, numbers, rows]);
      let start = 0;
      for (const [index, count] of counts.entries()) {
        const box = [
          [0, width],
          [0, numbers],
          [start, start + count],
        ] as const;
        const got = fromPlanes(source.readBytes('/group/x', box), width, count);
        t.true(Buffer.from(got).equals(bytesOf(all[index]!)), `slab ${index}`);
        start += count;
      }
      source.close();

      const raw = join(folder, `${dtype}.raw`);
      execFileSync('h5dump', ['-d', '/group/x', '-b', 'LE', '-o', raw, path], { stdio: 'ignore' });
      const back = fromPlanes(readFileSync(raw), width, rows);
      t.true(Buffer.from(back).equals(Buffer.concat(all.map(bytesOf))));
    });

test('a dataset of no rows is there if it is required', (t) => {
  const path = join(folder, 'none.h5');
  const writer = new Writer(path);
  new GrowingDataset(writer, '/needed', 'float32', [numbers], { planes: true, required: true }).end();
  new GrowingDataset(writer, '/other', 'float32', [numbers]).end();
  writer.finish();
  const source = openSource(path);
  t.deepEqual(source.dataset('/needed').shape, [4, numbers, 0]);
  t.false(source.has('/other'));
  source.close();
});

test('half a row is refused', (t) => {
  const writer = new Writer(join(folder, 'half.h5'));
  const dataset = new GrowingDataset(writer, '/x', 'float32', [numbers]);
  t.throws(() => dataset.append(new Float32Array(numbers + 1)), {
    instanceOf: RangeError,
    message: /rows of \[7\], got 8/,
  });
  writer.discard();
});
