/** Objects with several names, of which one alone is there when the others are not yet linked. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { copyTree } from '../../src/io/hdf5/copy.js';
import { Group, Module } from '../../src/io/hdf5/library.js';
import { addressIn } from '../../src/io/hdf5/links.js';
import { readAttributeParts } from '../../src/io/hdf5/parts.js';
import { openSource } from '../../src/io/hdf5/source.js';
import { Writer } from '../../src/io/hdf5/writer.js';
import { writeReference } from './references.js';

const folder = mkdtempSync(join(tmpdir(), 'swae-aliases-'));
test.after.always(() => rmSync(folder, { recursive: true }));

const data = Float32Array.of(1, 2, 3);
const aliases = [
  ['/g', '/0'],
  ['/g/v', '/a'],
  ['/scale', '/b'],
] as const;

/** Whether a file tracks the order of creation decides which name of an object comes first. */
function writeSource(path: string, tracksOrder: boolean): void {
  const file = Module.open(path, Module.H5F_ACC_TRUNC, tracksOrder, -1, -1);
  const root = new Group(file, '/');
  root.create_group('g', tracksOrder);
  for (const name of ['g/v', 'scale', 'plain']) root.create_dataset({ name, data });
  Module.set_scale(file, '/scale', 's');
  for (const name of ['/g/v', '/plain']) Module.attach_scale(file, name, '/scale', 0);
  writeReference(file, '/', '/g/v');
  for (const [object, alias] of aliases) Module.create_hard_link(file, object, alias);
  Module.close_file(file);
}

type Place = readonly [path: string, group: string];

/** Copies all but the variable, whose values and scales the caller of `copyTree` has. */
function copy(t: ExecutionContext, [path, from]: Place, [targetPath, to]: Place, variable: string): void {
  const source = openSource(path);
  const target = new Writer(targetPath);
  const tree = copyTree(source, target, { from, to, skip: new Set([variable]) });
  target.writeDataset(to + variable, 'float32', [3], data);
  const scales = to === '' ? [['/scale']] : [];
  const problems = tree.finish((name) => (name === variable ? scales : undefined));
  t.deepEqual(problems, []);
  target.finish();
  source.close();
}

for (const [tracksOrder, variable] of [
  [false, '/0/v'],
  [true, '/g/v'],
] as const) {
  test(`a copy of a copy has all names, references and scales; order tracked: ${tracksOrder}`, (t) => {
    const at = (name: string) => join(folder, `${name}-${tracksOrder}.h5`);
    writeSource(at('source'), tracksOrder);
    const inside: Place = [at('archive'), '/files/x'];
    copy(t, [at('source'), ''], inside, variable);
    copy(t, inside, [at('back'), ''], variable);
    const back = openSource(at('back'));
    for (const [object, alias] of aliases) t.is(back.address(object), back.address(alias), alias);
    t.is(addressIn(readAttributeParts(back, '/', 'ref')[0]!), back.address('/g/v'));
    for (const path of ['/g/v', '/plain']) {
      const [scale] = back.scales(path)?.flat() ?? [];
      t.is(scale && back.address(scale), back.address('/scale'), path);
    }
    back.close();
  });
}
