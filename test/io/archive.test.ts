import { execFileSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { InputError } from '../../src/errors.js';
import { type ArchiveReader, openArchive } from '../../src/io/archive/archive-reader.js';
import { ArchiveWriter } from '../../src/io/archive/archive-writer.js';
import { countBlocks } from '../../src/io/archive/block-counts.js';
import type { LatentPayload, Payload } from '../../src/io/archive/format.js';
import { openSource } from '../../src/io/hdf5/source.js';
import { Writer } from '../../src/io/hdf5/writer.js';
import { findInputs } from '../../src/io/inputs.js';
import { compress, header, inputs, isVariable, k, latentSize, model, payloadOf } from './archive-sample.js';

const folder = mkdtempSync(join(tmpdir(), 'swae-archive-'));
test.after.always(() => rmSync(folder, { recursive: true }));

test('blocks come back as they were put in, slab by slab', (t) => {
  const path = join(folder, 'round.h5');
  compress(path, inputs, isVariable, 100_000).finish();
  const archive = openArchive(path);
  t.deepEqual(archive.header, header);
  t.is(archive.description(), model.description);
  t.deepEqual(archive.decoder('float32'), model.decoders.float32);
  t.throws(() => archive.decoder('float64'), { instanceOf: InputError, message: /no decoder for float64/ });
  t.deepEqual(
    archive.manifest.files.map((file) => file.path),
    inputs.map(({ name }) => name),
  );
  for (const file of archive.manifest.files) {
    t.is(file.variables.length, 24);
    t.deepEqual(
      file.copied.map(({ path: copied }) => copied),
      ['/octant_index', '/octant_level', '/octant_origin', '/octant_size'],
    );
    t.deepEqual(file.problems, []);
  }
  for (const name of ['/U_CHI', '/U_B0', '/U_SYMAT3']) expectPayloads(t, archive, 0, name);
  archive.close();
});

function expectPayloads(t: import('ava').ExecutionContext, archive: ArchiveReader, index: number, name: string): void {
  const file = archive.manifest.files[index]!;
  const variable = file.variables.find(({ path }) => path === name)!;
  const source = openSource(inputs[index]!.path);
  t.true(variable.slabs.length > 2);
  let first = 0;
  for (const [slab, { blocks }] of variable.slabs.entries()) {
    const values = source.readSlice(name, [
      [first, first + blocks],
      [0, k],
      [0, k],
      [0, k],
    ]);
    expectEqual(t, archive.payload(file, variable, slab), payloadOf(values));
    first += blocks;
  }
  const { blocks, encoded, constant, exact } = countBlocks(variable);
  t.is(encoded + constant + exact, blocks);
  t.is(blocks, 240);
  t.is(variable.errors.psnr, null);
  source.close();
}

function expectEqual(t: import('ava').ExecutionContext, payload: Payload, expected: LatentPayload): void {
  const got = payload as LatentPayload;
  for (const key of ['code', 'latent', 'scale', 'constant', 'exact'] as const) {
    t.true(Buffer.from(got[key].buffer).equals(Buffer.from(expected[key].buffer)), key);
    t.is(got[key].constructor, expected[key].constructor);
  }
}

test('h5dump reads an archive; attributes and other datasets are those of the source', (t) => {
  const path = join(folder, 'dump.h5');
  compress(path, inputs.slice(0, 1), isVariable, 1e6).finish();
  const text = execFileSync('h5dump', ['-A', path], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  t.regex(text, /ATTRIBUTE "format_version"/);
  const name = inputs[0]!.name;
  for (const other of ['/octant_index', '/octant_origin']) {
    t.notThrows(() => execFileSync('h5diff', [inputs[0]!.path, path, other, `/files/${name}${other}`]));
  }
  const meaning = (file: string, object: string) =>
    execFileSync('h5dump', ['-a', object, file], { encoding: 'utf8' }).match(/\(0\): .*/)?.[0];
  t.is(meaning(path, `/files/${name}/U_CHI/meaning`), meaning(inputs[0]!.path, '/U_CHI/meaning'));
  t.truthy(meaning(path, `/files/${name}/U_CHI/meaning`));
});

test('variables larger than the buffer are streamed', (t) => {
  const [path, large] = [join(folder, 'streamed.h5'), join(folder, 'large.h5')];
  const shape = [6000, k, k, k];
  const values = new Float64Array(6000 * k ** 3).map((_, index) => (index < 343 * 3000 ? 1 : Math.sin(index)));
  const writer = new Writer(large);
  writer.writeDataset('/v', 'float64', shape, values);
  writer.finish();
  compress(path, findInputs([large]), isVariable, 2e6).finish();
  const archive = openArchive(path);
  const file = archive.manifest.files[0]!;
  const variable = file.variables[0]!;
  const { constant, encoded, exact } = countBlocks(variable);
  t.is(constant, 3000);
  t.true(encoded > 100 && exact > 1000);
  let first = 0;
  for (const [slab, { blocks }] of variable.slabs.entries()) {
    expectEqual(t, archive.payload(file, variable, slab), payloadOf(values.slice(first * 343, (first + blocks) * 343)));
    first += blocks;
  }
  t.is(first, 6000);
  t.deepEqual(archive.source.dataset(`/exact/${file.path}/v`).chunks?.slice(1), [k, k, k]);
  archive.close();
});

test('a variable costs less than 1 KB beside its numbers', (t) => {
  const path = join(folder, 'small.h5');
  const source = openSource(inputs[0]!.path);
  const variables = source.datasets().filter(isVariable);
  const payload = {
    code: new Uint8Array(240),
    // Bits that do not deflate.
    latent: randomFillSync(new Float32Array(240 * latentSize)),
    scale: randomFillSync(new Float32Array(480)),
    constant: new Float32Array(0),
    exact: new Float32Array(0),
  };
  const before = sizeWith(() => undefined);
  const after = sizeWith((writer) => {
    for (const info of variables) {
      writer.beginVariable(info, k);
      writer.append(payload, 240);
      writer.endVariable({ max_abs: 1.23456789e-5, rmse: 1.23456789e-6, psnr: 61.2345678, range: 1.2345678 });
    }
  });
  source.close();
  const overhead = (after - before) / variables.length - payload.latent.byteLength - payload.scale.byteLength;
  t.log(`${Math.round(overhead)} bytes a variable, three attributes and the manifest included`);
  t.true(overhead < 1000);

  function sizeWith(fill: (writer: ArchiveWriter) => void): number {
    const writer = new ArchiveWriter(path, header, model);
    writer.beginFile(
      inputs[0]!,
      source,
      variables.map((info) => info.path),
    );
    fill(writer);
    writer.finish();
    return statSync(path).size;
  }
});

test('a file that fails is in the manifest with its reason; the others are whole', (t) => {
  const path = join(folder, 'failed.h5');
  const archive = compress(path, inputs.slice(0, 1), isVariable, 1e6);
  archive.failFile(inputs[1]!, 'truncated');
  archive.finish();
  const reader = openArchive(path);
  t.deepEqual(
    reader.manifest.files.map(({ failed }) => failed),
    [undefined, 'truncated'],
  );
  reader.close();
});

test('an archive has its name only when it is whole', (t) => {
  const path = join(folder, 'unfinished.h5');
  const archive = compress(path, inputs.slice(0, 1), isVariable, 1e6);
  t.false(readdirSync(folder).includes('unfinished.h5'));
  t.true(readdirSync(folder).includes('unfinished.h5.tmp'));
  archive.discard();
  t.false(readdirSync(folder).includes('unfinished.h5.tmp'));
});

test('bad archives are named: other HDF5, newer version, incomplete, truncated', (t) => {
  const open = (path: string, message: RegExp) =>
    t.throws(() => openArchive(path), { instanceOf: InputError, message });
  open('data/sample/bssn_q1_step000040_small.h5', /^archive ".*": not a swae archive$/);
  open(join(folder, 'none.h5'), /no such file/);
  const path = join(folder, 'bad.h5');
  const writer = new Writer(path);
  writer.writeAttribute('/', 'format', 'swae-archive');
  writer.writeAttribute('/', 'format_version', 1);
  writer.finish();
  open(path, /expected format version 2, got 1$/);
  const incomplete = new Writer(path);
  incomplete.writeAttribute('/', 'format', 'swae-archive');
  incomplete.writeAttribute('/', 'format_version', 2);
  incomplete.finish();
  open(path, /incomplete, it has no manifest$/);
  compress(path, inputs.slice(0, 1), isVariable, 1e6).finish();
  writeFileSync(path, readFileSync(path).subarray(0, 50_000));
  open(path, /truncated: expected \d+ bytes, got 50000$/);
});
