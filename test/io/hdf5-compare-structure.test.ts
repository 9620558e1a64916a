import test from 'ava';
import { structureDifferences } from '../../src/io/hdf5/compare-structure.js';
import { copyTree } from '../../src/io/hdf5/copy.js';
import { type FileId, Group, Module } from '../../src/io/hdf5/library.js';
import { openSource } from '../../src/io/hdf5/source.js';
import { writeReference } from './references.js';
import { types, unreadable, write } from './written.js';

/** Of a file and a copy of another one, below a group. */
function differences(of: string, original: string): string[] {
  const [source, compared] = [openSource(of), openSource(original)];
  let lost: string[] = [];
  const copied = write((writer) => {
    const problems = copyTree(source, writer, { from: '', to: '/files/x', skip: unreadable }).finish();
    lost = problems.filter(({ kind }) => kind === 'lost').map(({ path }) => path);
  });
  const copy = openSource(copied);
  const recorded = { lost: new Set([...lost, ...unreadable]), scales: () => undefined };
  const found = structureDifferences({ source: copy, root: '/files/x' }, { source: compared, root: '' }, recorded);
  for (const opened of [copy, source, compared]) opened.close();
  return found;
}

test('a copy has what its source has, or what is known to be lost', (t) => t.deepEqual(differences(types, types), []));

type Fill = (file: FileId, root: Group) => void;

/** A dataset with a scale, a group, and what a test adds. */
function writeSource(fill: Fill): string {
  return write(({ file }) => {
    const root = new Group(file, '/');
    for (const name of ['x', 'y', 'scale', 'other']) root.create_dataset({ name, data: Float32Array.of(1, 2) });
    root.create_group('g');
    for (const name of ['/scale', '/other']) Module.set_scale(file, name, 'x');
    Module.attach_scale(file, '/x', '/scale', 0);
    fill(file, root);
  });
}

const attribute =
  (value: string | number | number[] | Float32Array): Fill =>
  (_, root) =>
    root.create_attribute('a', value);
const soft =
  (target: string): Fill =>
  (file) => {
    Module.create_soft_link(file, target, '/link');
  };
const hard =
  (target: string): Fill =>
  (file) => {
    Module.create_hard_link(file, target, '/z');
  };
const external =
  (name: string): Fill =>
  (file) => {
    Module.create_external_link(file, name, '/x', '/link');
  };
const reference =
  (target: string): Fill =>
  (file) =>
    writeReference(file, '/g', target);
const nothing: Fill = () => {};
const long = 'value '.repeat(20);

const differing: readonly [title: string, was: Fill, is: Fill, found: string][] = [
  ['a number', attribute(1), attribute(2), '/@a: expected 1 as in the archive, got 2'],
  ['a text', attribute('one'), attribute('two'), '/@a: expected "one" as in the archive, got "two"'],
  ['one number of several', attribute([1, 2]), attribute([1, 3]), '/@a: expected [1, 2] as in the archive, got [1, 3]'],
  ['a NaN', attribute(Number.NaN), attribute(0), '/@a: expected NaN as in the archive, got 0'],
  [
    'the type alone',
    attribute(Float32Array.of(1)),
    (_, root) => root.create_attribute('a', Float64Array.of(1)),
    '/@a: expected float32 [1] as in the archive, got float64 [1]',
  ],
  [
    'the end of a long text',
    attribute(`${long}1`),
    attribute(`${long}2`),
    '/@a: expected …value value value value value 1" as in the archive, got …value value value value value 2"',
  ],
  ['an attribute less', attribute(1), nothing, '/@a: expected 1 as in the archive, got none'],
  ['an attribute more', nothing, attribute(1), '/@a: expected none as in the archive, got 1'],
  [
    'a reference',
    reference('/x'),
    reference('/y'),
    '/g@ref: expected a reference to "/x" as in the archive, got a reference to "/y"',
  ],
  ['a link more', nothing, soft('/x'), '/link: is not in the archive'],
  ['a link less', soft('/x'), nothing, '/link: is not in the source'],
  [
    'where a soft link leads',
    soft('/x'),
    soft('/y'),
    '/link: expected a soft link to "/x" as in the archive, got a soft link to "/y"',
  ],
  [
    'where an external link leads',
    external('a.h5'),
    external('b.h5'),
    '/link: expected an external link to "/x" in "a.h5" as in the archive, got an external link to "/x" in "b.h5"',
  ],
  [
    'another name of another object',
    hard('/x'),
    hard('/y'),
    '/z: expected another name of "/x" as in the archive, got another name of "/y"',
  ],
  [
    'an object in place of another name',
    hard('/g'),
    (_, root) => root.create_group('z'),
    '/z: expected another name of "/g" as in the archive, got an object of its own',
  ],
  [
    'another name in place of an object',
    (_, root) => root.create_group('z'),
    hard('/g'),
    '/z: expected an object of its own as in the archive, got another name of "/g"',
  ],
  [
    'a group with all that is in it, once',
    nothing,
    (_, root) => root.create_group('new').create_group('inside').create_group('deeper'),
    '/new: is not in the archive',
  ],
  [
    'what an object is',
    (_, root) => root.create_group('z'),
    (_, root) => root.create_dataset({ name: 'z', data: 'text' }),
    '/z: expected group as in the archive, got dataset',
  ],
  [
    'a dimension scale',
    (file) => Module.attach_scale(file, '/y', '/scale', 0),
    (file) => Module.attach_scale(file, '/y', '/other', 0),
    '/y: expected dimension scale "/scale" of axis 0 as in the archive, got dimension scale "/other" of axis 0',
  ],
  [
    'a dimension scale more',
    nothing,
    (file) => Module.attach_scale(file, '/y', '/scale', 0),
    '/y: expected no dimension scale as in the archive, got dimension scale "/scale" of axis 0',
  ],
];

for (const [title, was, is, found] of differing) {
  test(`a difference is found: ${title}`, (t) => {
    const original = writeSource(was);
    t.deepEqual(differences(original, original), []);
    t.deepEqual(differences(original, writeSource(is)), [found]);
  });
}
