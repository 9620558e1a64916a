import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { openArchive } from '../../src/io/archive/archive-reader.js';
import { groupOf } from '../../src/io/archive/format.js';
import { ReconstructionWriter } from '../../src/io/archive/reconstruction-writer.js';
import { merge, split } from '../../src/io/blocks.js';
import { openSource } from '../../src/io/hdf5/source.js';
import { compress, inputs, isVariable, k, slabsOf } from './archive-sample.js';

const folder = mkdtempSync(join(tmpdir(), 'swae-reconstruction-'));
test.after.always(() => rmSync(folder, { recursive: true }));

test('a reconstruction from the exact values is the source, for h5diff, with groups and as one file', (t) => {
  const [combined, single] = [join(folder, 'combined.h5'), join(folder, 'single.h5')];
  for (const [path, group] of [
    [combined, '/run/a.h5'],
    [single, ''],
  ] as const) {
    const writer = new ReconstructionWriter(path);
    const source = openSource(inputs[0]!.path);
    const variables = source.datasets().filter(isVariable);
    writer.beginFile(
      source,
      '',
      group,
      variables.map((info) => info.path),
    );
    for (const info of variables) {
      writer.beginVariable({ path: info.path, dtype: 'float32', shape: info.shape });
      for (const slab of slabsOf(info, group === '' ? 1e9 : 50_000)) {
        writer.write(slab.owned, merge(split(source.readSlice(info.path, slab.read), slab), slab));
      }
      writer.endVariable();
    }
    t.deepEqual(writer.endFile(), []);
    writer.finish();
    source.close();
  }
  t.notThrows(() => execFileSync('h5diff', [inputs[0]!.path, single]));
  for (const name of ['/U_CHI', '/U_B2', '/U_SYMAT5', '/octant_origin']) {
    t.notThrows(() => execFileSync('h5diff', [inputs[0]!.path, combined, name, `/run/a.h5${name}`]));
  }
});

test('what was copied goes from the archive to a file as it was in the source', (t) => {
  const [path, back] = [join(folder, 'from.h5'), join(folder, 'back.h5')];
  compress(path, inputs.slice(0, 1), ({ path: name }) => name === '/U_CHI', 1e6).finish();
  const archive = openArchive(path);
  const [file] = archive.manifest.files;
  const writer = new ReconstructionWriter(back);
  writer.beginFile(archive.source, groupOf(file!.path), '', ['/U_CHI']);
  const source = openSource(inputs[0]!.path);
  for (const variable of file!.variables) {
    writer.beginVariable(variable);
    writer.write(
      [
        [0, 240],
        [0, k],
        [0, k],
        [0, k],
      ],
      source.readSlice(variable.path, [
        [0, 240],
        [0, k],
        [0, k],
        [0, k],
      ]),
    );
    writer.endVariable();
  }
  t.deepEqual(writer.endFile(), []);
  writer.finish();
  t.notThrows(() => execFileSync('h5diff', [inputs[0]!.path, back]));
});
