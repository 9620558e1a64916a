import { appendFileSync, cpSync, rmSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Group, Module } from '../../src/io/hdf5/library.js';
import type { Writer } from '../../src/io/hdf5/writer.js';
import { mpiLibraries, mpiTest } from '../launch.js';
import { writeText } from './fixtures/broken.js';
import { encodedOf } from './fixtures/content.js';
import { wave, writeFile, writeModel } from './fixtures/data.js';
import { expectCode, type SwaeOptions, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const sources = join(folder, 'sources');
const results = join(folder, 'results');
const shape = [6, 7, 7, 7];

interface Content {
  readonly shape?: readonly number[];
  readonly dtype?: 'float32' | 'float64';
  /** What is added to one value of the variable. */
  readonly change?: number;
  readonly levels?: readonly number[];
  readonly name?: string;
  /** A text that stands beside the variable. */
  readonly run?: string;
  /** Attributes of the root, of the variable, of a group. */
  readonly step?: number;
  readonly units?: string;
  readonly spacing?: number;
  /** What else there is. */
  readonly more?: (writer: Writer) => void;
}

function writeSource(path: string, content: Content = {}): string {
  const {
    shape: own = shape,
    dtype = 'float32',
    change = 0,
    levels = [1, 2, 3],
    name = '/U_CHI',
    run = 'run 1',
    step = 40,
    units = 'M',
    spacing = 0.5,
    more = () => {},
  } = content;
  const [values] = wave(own, dtype, 1);
  values[400]! += change;
  return writeFile(path, (writer) => {
    writer.writeDataset(name, dtype, own, values);
    writer.writeDataset('/levels', 'int8', [levels.length], Int8Array.from(levels));
    new Group(writer.file, '/').create_dataset({ name: 'run', data: run });
    writer.createGroup('/grid');
    writer.writeAttribute('/', 'step', step);
    writer.writeAttribute(name, 'units', units);
    writer.writeAttribute('/grid', 'spacing', spacing);
    more(writer);
  });
}

test.before(async (t) => {
  for (const name of ['a.h5', 'b.h5', 'sub/c.h5']) writeSource(join(sources, name));
  const model = writeModel(join(folder, 'model.safetensors'), 7);
  await expectCode(t, 0, ['compress', sources, '--model-path', model, '--output-dir', results, '--no-reconstruct']);
});

/** Without the progress, which has a rate that no two runs share. */
async function verify(t: ExecutionContext, code: number, source: string, launch: SwaeOptions = {}) {
  const { stdout, stderr } = await expectCode(t, code, ['verify', encodedOf(results), source], launch);
  return { stdout, stderr: stderr.replace(/^verify █.*\n/gm, '') };
}

test('an archive may be named by its folder; a folder without one says where there are some', async (t) => {
  const own = dirname(encodedOf(results));
  const { stdout } = await expectCode(t, 0, ['verify', own, sources]);
  t.regex(stdout, /^a\.h5 .* as recorded$/m);
  const { stderr } = await expectCode(t, 1, ['decompress', results, '--output-dir', join(folder, 'nowhere')]);
  t.is(stderr, `swae: folder "${results}": there is no all_variables_encoded.h5\n  There is one in each of ${own}\n`);
  const none = await expectCode(t, 1, ['verify', sources]);
  t.is(none.stderr, `swae: folder "${sources}": there is no all_variables_encoded.h5\n`);
});

test('unchanged sources: all as recorded', async (t) => {
  const { stdout, stderr } = await verify(t, 0, sources);
  for (const name of ['a.h5', 'b.h5', 'sub/c.h5']) t.regex(stdout, new RegExp(`^${name} .* as recorded$`, 'm'));
  t.is(stderr, '');
});

/** What has become of b.h5, and what is said of it. */
const changes: Record<string, { make: (path: string) => void; message: RegExp; count?: number }> = {
  'a value of a variable': {
    make: (path) => writeSource(path, { change: 7 }),
    message: /^swae: b\.h5:\/U_CHI: error \d\S*, \d\S* when compressed$/m,
  },
  'a value of a copy': {
    make: (path) => writeSource(path, { levels: [1, 2, 4] }),
    message: /^swae: b\.h5:\/levels: differs from the source$/m,
  },
  'a text': {
    make: (path) => writeSource(path, { run: 'run 2' }),
    message: /^swae: b\.h5:\/run: differs from the source$/m,
  },
  'a value that is infinite now': {
    make: (path) => writeSource(path, { change: Number.POSITIVE_INFINITY }),
    message: /^swae: b\.h5:\/U_CHI: error /m,
  },
  'one octant more': {
    make: (path) => writeSource(path, { shape: [7, 7, 7, 7] }),
    message: /^swae: b\.h5:\/U_CHI: expected float32 \[6,7,7,7\] as in the archive, got float32 \[7,7,7,7\]$/m,
  },
  'another type': {
    make: (path) => writeSource(path, { dtype: 'float64' }),
    message: /^swae: b\.h5:\/U_CHI: expected float32 .*, got float64 /m,
  },
  'another name of the variable': {
    make: (path) => writeSource(path, { name: '/U_PSI' }),
    message: /^swae: b\.h5:\/U_PSI: is not in the archive\nswae: b\.h5:\/U_CHI: is not in the source$/m,
    count: 2,
  },
  'an attribute of the root': {
    make: (path) => writeSource(path, { step: 41 }),
    message: /^swae: b\.h5:\/@step: expected 40 as in the archive, got 41$/m,
  },
  'an attribute of the variable': {
    make: (path) => writeSource(path, { units: 'km' }),
    message: /^swae: b\.h5:\/U_CHI@units: expected "M" as in the archive, got "km"$/m,
  },
  'an attribute of a group': {
    make: (path) => writeSource(path, { spacing: 0.25 }),
    message: /^swae: b\.h5:\/grid@spacing: expected 0\.5 as in the archive, got 0\.25$/m,
  },
  'a dataset more': {
    make: (path) =>
      writeSource(path, {
        more: (writer) => writer.writeDataset('/grid/times', 'float64', [1], Float64Array.of(1)),
      }),
    message: /^swae: b\.h5:\/grid\/times: is not in the archive$/m,
  },
  'a soft link more': {
    make: (path) =>
      writeSource(path, {
        more: (writer) => Module.create_soft_link(writer.file, '/U_CHI', '/chi'),
      }),
    message: /^swae: b\.h5:\/chi: is not in the archive$/m,
  },
  'a group in place of the variable': {
    make: (path) => writeSource(path, { name: '/U_CHI/values' }),
    message: /^swae: b\.h5:\/U_CHI: expected dataset as in the archive, got group$/m,
    count: 2,
  },
  'no file': { make: (path) => rmSync(path), message: /^swae: b\.h5: is not among the sources$/m },
  'no HDF5 file': { make: (path) => writeText(path), message: /^swae: hdf5 ".*\/b\.h5": not an HDF5 file$/m },
  'a file cut short': {
    make: (path) => truncateSync(path, 4000),
    message: /^swae: hdf5 ".*\/b\.h5": truncated: expected \d+ bytes, got 4000$/m,
  },
};

for (const [index, [title, { make, message, count = 1 }]] of Object.entries(changes).entries()) {
  test(`a changed source is found, and the others are looked at: ${title}`, async (t) => {
    const changed = join(folder, `changed-${index}`);
    cpSync(sources, changed, { recursive: true });
    make(join(changed, 'b.h5'));
    const { stdout, stderr } = await verify(t, 1, changed);
    t.regex(stderr, message);
    t.regex(stdout, new RegExp(`^b\\.h5 .* ${count} difference\\(s\\)$`, 'm'));
    t.is(stdout.match(/as recorded$/gm)?.length, 2);
  });
}

test('a file that was left out is said to be', async (t) => {
  const mixed = join(folder, 'mixed');
  cpSync(sources, mixed, { recursive: true });
  writeText(join(mixed, 'b.h5'));
  const output = join(folder, 'partial');
  const model = join(folder, 'model.safetensors');
  await expectCode(t, 3, ['compress', mixed, '--model-path', model, '--output-dir', output]);
  const { stderr } = await expectCode(t, 1, ['verify', encodedOf(output), mixed]);
  t.regex(stderr, /^swae: b\.h5: was left out: hdf5 ".*\/b\.h5": not an HDF5 file$/m);
});

test('a file beside the sources is nothing to the archive', async (t) => {
  const more = join(folder, 'more');
  cpSync(sources, more, { recursive: true });
  appendFileSync(writeSource(join(more, 'z.h5')), 'of whatever content');
  await verify(t, 0, more);
});

for (const library of mpiLibraries) {
  mpiTest(library, `3 ranks find the same as one, ${library}`, async (t) => {
    const changed = join(folder, `changed-${library}`);
    cpSync(sources, changed, { recursive: true });
    writeSource(join(changed, 'sub/c.h5'), { change: 7 });
    const [one, three] = [await verify(t, 1, changed), await verify(t, 1, changed, { library, ranks: 3 })];
    t.deepEqual(three.stdout.split('\n').sort(), one.stdout.split('\n').sort());
    t.true(three.stderr.includes(one.stderr));
  });
}
