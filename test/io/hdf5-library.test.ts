/** What becomes of a process whose HDF5 library has given up: nothing is read wrongly after it. In a file of its own for that. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { InputError, SourceError } from '../../src/errors.js';
import { guarded, reading, withMemory } from '../../src/io/hdf5/library.js';
import { openSource } from '../../src/io/hdf5/source.js';
import { Writer } from '../../src/io/hdf5/writer.js';

const folder = mkdtempSync(join(tmpdir(), 'swae-library-'));
test.after.always(() => rmSync(folder, { recursive: true }));

/** A file with two texts of variable length in one collection, changed by `damage`; `place` is that of the first text's object. */
function withTexts(name: string, damage: (bytes: Buffer, place: number) => void): string {
  const path = join(folder, name);
  const writer = new Writer(path);
  writer.writeAttribute('/', 'one', 'first text');
  writer.writeAttribute('/', 'two', 'second text');
  writer.finish();
  const bytes = readFileSync(path);
  damage(bytes, bytes.indexOf('first text') - 16);
  writeFileSync(path, bytes);
  return path;
}

const damages: Record<string, (bytes: Buffer, place: number) => void> = {
  'an object without a number and a size': (bytes, place) => bytes.fill(0, place, place + 16),
  'an object that ends behind the collection': (bytes, place) => bytes.writeUInt32LE(5000, place + 8),
  'an object whose size overflows': (bytes, place) => bytes.fill(0xff, place + 8, place + 16),
};

for (const [title, damage] of Object.entries(damages))
  test.serial(`texts of variable length: ${title}`, (t) => {
    const path = withTexts(title, damage);
    const source = openSource(path);
    t.throws(() => source.attribute('/', 'two'), {
      instanceOf: SourceError,
      message: /^hdf5 ".*@two": damaged: texts of variable length/,
    });
    source.close();
  });

test.serial('a text that is not in its collection is an error, and no end', (t) => {
  const source = openSource(withTexts('number', (bytes, place) => bytes.writeUInt16LE(9, place)));
  t.throws(() => source.attribute('/', 'one'), { instanceOf: SourceError, message: /^hdf5 ".*@one": damaged/ });
  t.is(source.attribute('/', 'two'), 'second text');
  source.close();
});

test.serial('texts that are whole are read, by h5dump too', (t) => {
  const path = withTexts('whole', () => {});
  const source = openSource(path);
  t.deepEqual([source.attribute('/', 'one'), source.attribute('/', 'two')], ['first text', 'second text']);
  source.close();
  t.regex(execFileSync('h5dump', [path], { encoding: 'utf8' }), /"second text"/);
});

test.serial('more memory than there is: an error that names what wants it', (t) => {
  t.throws(() => withMemory('a.h5:/x', 2 ** 40, () => {}), {
    instanceOf: SourceError,
    message: 'hdf5 "a.h5:/x": wants 1099511627776 bytes of memory at a time, which is too much',
  });
});

/** Last: from here on this process reads no file. */
test.serial('after a trap no file is read any more, and it costs more than its file', (t) => {
  const good = withTexts('good', () => {});
  const source = openSource(good);
  const trap = Object.assign(new Error('memory access out of bounds'), { name: 'RuntimeError' });
  const give = () => {
    throw trap;
  };
  const error = t.throws(() => reading('bad.h5:/x', give), { instanceOf: InputError });
  t.is(error?.message, 'hdf5 "bad.h5:/x": damaged: memory access out of bounds');
  t.false(error instanceof SourceError);
  t.is(
    t.throws(() => openSource(good)),
    error,
  );
  t.is(
    t.throws(() => guarded('c.h5', () => 1)),
    error,
  );
  t.notThrows(() => source.close());
});
