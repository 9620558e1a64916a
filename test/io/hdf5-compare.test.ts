import test from 'ava';
import { copyDifference } from '../../src/io/hdf5/compare.js';
import { copyTree } from '../../src/io/hdf5/copy.js';
import { Group, Module, withMemory } from '../../src/io/hdf5/library.js';
import { openSource } from '../../src/io/hdf5/source.js';
import type { Writer } from '../../src/io/hdf5/writer.js';
import { types, unreadable, write } from './written.js';

/** A copy below /files/x of another file. */
function copyOf(path: string): { path: string; copied: readonly string[] } {
  const source = openSource(path);
  let copied: readonly string[] = [];
  const copy = write((writer) => {
    const tree = copyTree(source, writer, { from: '', to: '/files/x', skip: unreadable });
    tree.finish();
    copied = tree.copied;
  });
  source.close();
  return { path: copy, copied };
}

function difference(copy: string, original: string, path: string): string | undefined {
  const [had, has] = [openSource(copy), openSource(original)];
  const found = copyDifference({ source: had, root: '/files/x' }, { source: has, root: '' }, path);
  had.close();
  has.close();
  return found;
}

const { path: copy, copied } = copyOf(types);
for (const path of copied) {
  test(`a copy equals its source: ${path}`, (t) => t.is(difference(copy, types, path), undefined));
}

test('types of every kind were copied', (t) => {
  for (const name of ['text', 'texts', 'compound_text', 'references', 'scalar', 'growing'])
    t.true(copied.includes(`/same/${name}`), name);
});

const text = (data: string | string[]) => (writer: Writer) => {
  new Group(writer.file, '/').create_dataset({ name: 'x', data });
};
const numbers = (dtype: 'int8' | 'uint8', shape: number[], last: number) => (writer: Writer) => {
  const data = new Int8Array(shape.reduce((product, size) => product * size, 1));
  data[data.length - 1] = last;
  writer.writeDataset('/x', dtype, shape, data);
};
/** Two objects, and a reference to one of them. */
const reference = (to: '/a' | '/b') => (writer: Writer) => {
  for (const path of ['/a', '/b']) writer.createGroup(path);
  const source = openSource(types);
  const metadata = { ...source.metadata('/same/references'), shape: [1], maxshape: [1], total_size: 1 };
  source.close();
  withMemory('a test', metadata.size, (pointer) => {
    Module.HEAPU8.set(Module.create_object_reference(writer.file, to), pointer);
    writer.createFrom(pointer, '/x', metadata);
  });
};
const large = [5, 2 ** 22];

const differing: [title: string, was: (writer: Writer) => void, is: (writer: Writer) => void, found: string][] = [
  ['a text', text('run 1'), text('run 2'), 'differs from the source'],
  ['one text of several', text(['a', 'b', '']), text(['a', 'b', 'c']), 'differs from the source'],
  ['a reference', reference('/a'), reference('/b'), 'differs from the source'],
  ['the last of 20 MB', numbers('int8', large, 1), numbers('int8', large, 2), 'differs from the source'],
  [
    'the shape',
    numbers('int8', [4], 1),
    numbers('int8', [2, 2], 1),
    'expected int8 [4] as in the archive, got int8 [2,2]',
  ],
  ['the type', numbers('int8', [4], 1), numbers('uint8', [4], 1), 'expected int8 [4] as in the archive, got uint8 [4]'],
];

for (const [title, was, is, found] of differing) {
  test(`a difference is found: ${title}`, (t) => {
    const original = write(was);
    const { path } = copyOf(original);
    t.is(difference(path, original, '/x'), undefined);
    t.is(difference(path, write(is), '/x'), found);
  });
}
