import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { copyTree } from '../../src/io/hdf5/copy.js';
import type { CopyProblem } from '../../src/io/hdf5/problem.js';
import { openSource } from '../../src/io/hdf5/source.js';
import { Writer } from '../../src/io/hdf5/writer.js';

/** Made by fixtures/hdf5-types.py. */
const types = 'test/io/fixtures/hdf5-types.h5';
const unreadable = new Set(['/v/lzf']);
const folder = mkdtempSync(join(tmpdir(), 'swae-copy-'));
test.after.always(() => rmSync(folder, { recursive: true }));

const inside = join(folder, 'inside.h5');
const back = join(folder, 'back.h5');
const problems = copy(types, inside, '', '/files/types.h5');
const problemsBack = copy(inside, back, '/files/types.h5', '');

function copy(from: string, to: string, fromGroup: string, toGroup: string): CopyProblem[] {
  const source = openSource(from);
  const target = new Writer(to);
  const found = copyTree(source, target, { from: fromGroup, to: toGroup, skip: unreadable }).finish();
  target.finish();
  source.close();
  return found;
}

/** What h5dump prints of an object, without what the copy of a string may differ in. */
function dump(file: string, option: '-d' | '-g' | '-a', path: string): string {
  const text = execFileSync('h5dump', [option, path, file], { encoding: 'utf8' });
  return text.replace(/^HDF5 .*\n/, '').replace(/STRPAD H5T_STR_\w+/g, 'STRPAD');
}

const names = ['i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'i8', 'u8', 'texts', 'text', 'ascii'];
for (const name of [...names, 'compound', 'compound_text', 'growing', 'scalar']) {
  test(`copied into a group of another file and back, as it was: ${name}`, (t) => {
    t.is(dump(back, '-d', `/same/${name}`), dump(types, '-d', `/same/${name}`));
  });
}

for (const name of ['title', 'bytes', 'step', 'names', 'table', 'complex', 'largest', 'grp/sub/x', 'v/f32/units']) {
  test(`attribute copied as it was: ${name}`, (t) => t.is(dump(back, '-a', `/${name}`), dump(types, '-a', `/${name}`)));
}

test('fixed-length strings keep their bytes, if not the name of their padding', (t) => {
  const [source, copied] = [openSource(types), openSource(back)];
  for (const name of ['/same/fixed', '/same/fixed8']) t.deepEqual(copied.readBytes(name), source.readBytes(name));
  source.close();
  copied.close();
});

test('a dataset of a named type has the type itself', (t) => {
  t.notThrows(() => execFileSync('h5diff', [types, back, '/same/named', '/same/named']));
});

test('values of variables are equal, whatever their byte order and layout', (t) => {
  for (const name of ['f32', 'f64', 'big32', 'big64', 'packed']) {
    t.notThrows(() => execFileSync('h5diff', [types, back, `/v/${name}`, `/v/${name}`]), name);
  }
  const packed = openSource(back);
  t.deepEqual(packed.dataset('/v/packed').filters, ['deflate']);
  t.deepEqual(packed.dataset('/v/packed').chunks, [1, 5, 6, 7]);
  packed.close();
});

test('links are links again, also inside a group', (t) => {
  const kinds = (file: string, root = '') => {
    const source = openSource(file);
    const links = source.links(root).filter(({ kind }) => !['group', 'dataset', 'type'].includes(kind));
    source.close();
    return links.map((link) => ('target' in link ? `${link.kind} ${link.path} ${link.target}` : ''));
  };
  t.deepEqual(kinds(types), [
    'soft /broken /nope',
    'external /external /x',
    'soft /soft /v/f32',
    'hard /v/cycle /v',
    'hard /v/f32 /hard',
  ]);
  t.deepEqual(kinds(back), kinds(types));
  const at = (text: string) => text.replaceAll(' /', ' /files/types.h5/').replace('/files/types.h5/x', '/x');
  t.deepEqual(kinds(inside, '/files/types.h5'), kinds(types).map(at));
});

test('object references and dimension scales point to the copies', (t) => {
  const referenced = (file: string, option: '-d' | '-a', path: string) =>
    [...dump(file, option, path).matchAll(/DATASET \d+ "?([^"\s]+)|NULL/g)].map((match) => match[1] ?? match[0]);
  t.deepEqual(referenced(back, '-d', '/same/references'), referenced(types, '-d', '/same/references'));
  t.deepEqual(referenced(back, '-a', '/grp/refers'), referenced(types, '-a', '/grp/refers'));
  const copied = openSource(back);
  t.deepEqual(copied.scales('/v/f64'), [[], ['/axis'], [], []]);
  copied.close();
  t.is(dump(back, '-a', '/v/f64/DIMENSION_LABELS'), dump(types, '-a', '/v/f64/DIMENSION_LABELS'));
});

test('whatever is not as it was is named with the reason', (t) => {
  const found = (kind: string) => problems.filter((problem) => problem.kind === kind).map(({ path }) => path);
  t.deepEqual(found('lost'), ['/lost/compound_array', '/lost/mixed', '/lost/regions', '/lost/sequences', '/lost/type']);
  t.deepEqual(found('changed'), [
    '/@empty',
    '/@flag',
    '/@half',
    '/changed/big',
    '/changed/bool',
    '/changed/compound_big',
    '/changed/empty',
    '/changed/half',
    '/changed/long',
    '/changed/opaque',
    '/v/big32',
    '/v/big64',
  ]);
  t.is(problems.find(({ path }) => path === '/@flag')?.reason, 'enum (FALSE=0,TRUE=1): written as its integers');
  t.deepEqual(problemsBack, [], 'nothing more is lost on the way back');
});

test('changed values are all there', (t) => {
  const [source, copied] = [openSource(types), openSource(back)];
  for (const name of ['big', 'bool', 'half', 'long', 'opaque', 'compound_big']) {
    t.deepEqual(copied.readBytes(`/changed/${name}`), source.readBytes(`/changed/${name}`), name);
  }
  t.deepEqual(copied.dataset('/changed/empty').shape, [0]);
  source.close();
  copied.close();
});
