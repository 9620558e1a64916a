import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { missingFilter } from '../../src/io/hdf5/filters.js';
import { openSource } from '../../src/io/hdf5/source.js';
import { Writer } from '../../src/io/hdf5/writer.js';

const folder = mkdtempSync(join(tmpdir(), 'swae-filters-'));
test.after.always(() => rmSync(folder, { recursive: true }));

function missingIn(path: string): string | undefined {
  const source = openSource(path);
  const found = missingFilter(source);
  source.close();
  return found;
}

test('a dataset that a missing filter has made unreadable is named', (t) => {
  t.regex(
    missingIn('test/io/fixtures/hdf5-types.h5') ?? 'none',
    /^hdf5 ".*hdf5-types\.h5:\/v\/lzf": stored with the HDF5 filter "lzf", which is not available;/,
  );
});

test('of a file whose filters are there nothing is named', (t) => {
  const path = join(folder, 'deflated.h5');
  const writer = new Writer(path);
  writer.writeDataset('/x', 'int8', [9], new Int8Array(9), { chunks: [4], deflate: 4 });
  writer.finish();
  t.is(missingIn(path), undefined);
});
