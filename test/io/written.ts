import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { Writer } from '../../src/io/hdf5/writer.js';

/** Made by fixtures/hdf5-types.py. */
export const types = 'test/io/fixtures/hdf5-types.h5';
/** What no copy can have of it. */
export const unreadable = new Set(['/v/lzf']);

const folder = mkdtempSync(join(tmpdir(), 'swae-written-'));
test.after.always(() => rmSync(folder, { recursive: true }));
let count = 0;

/** A new HDF5 file, which goes when the tests of the file that asks are over; gives its path. */
export function write(fill: (writer: Writer) => void): string {
  const path = join(folder, `${count++}.h5`);
  const writer = new Writer(path);
  fill(writer);
  writer.finish();
  return path;
}
