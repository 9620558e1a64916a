/** Several ranks write: what is in their parts is what one rank writes into one file, and the parts open as one. */
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { groupsOf } from '../../src/commands/compress/writers.js';
import { openArchive } from '../../src/io/archive/archive-reader.js';
import { openSource } from '../../src/io/hdf5/source.js';
import { findInputs } from '../../src/io/inputs.js';
import { killTree, mpiLibraries, mpiTest } from '../launch.js';
import { writeDamaged, writeText } from './fixtures/broken.js';
import {
  contentOf,
  encodedOf,
  filesBelow,
  h5diff,
  reconstructedOf,
  runFolder,
  toolsAbsence,
} from './fixtures/content.js';
import { writeModel, writeOctants, writeZoo } from './fixtures/data.js';
import { expectCode, type SwaeOptions, startSwae, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const zoo = writeZoo(join(folder, 'zoo'));
const zooFiles = filesBelow(zoo);
const model = writeModel(join(folder, 'model.safetensors'), 5);
const alone = join(folder, 'alone');
const trees = ['files', 'scale', 'code', 'constant', 'exact'];

const command = (input: string, output: string, ...more: readonly string[]) => [
  ...['compress', input, '--model-path', model, '--output-dir', output],
  ...more,
];

test.before((t) => expectCode(t, 0, command(zoo, alone)));

/** The part that an index links to for this path; a file without index itself. */
function behind(index: string, path: string): string {
  const source = openSource(index);
  const link = source.links().find((found) => found.path === path);
  source.close();
  return link?.kind === 'external' ? join(dirname(index), link.file) : index;
}

/** Of each file, in the parts that the index links to. */
function sameContent(t: ExecutionContext, output: string, expected: string, files: readonly string[]): void {
  const same = (index: string, whole: string, below: string) =>
    t.deepEqual(contentOf(behind(index, below), { below }), contentOf(whole, { below }), below);
  const archive = openSource(encodedOf(expected));
  for (const file of files) {
    same(reconstructedOf(output), reconstructedOf(expected), `/${file}`);
    for (const tree of trees.map((name) => `/${name}/${file}`).filter((path) => archive.has(path)))
      same(encodedOf(output), encodedOf(expected), tree);
  }
  archive.close();
  const manifest = (path: string) => {
    const archive = openArchive(path);
    archive.close();
    return archive.manifest.files.map(({ part: _, ...file }) => file);
  };
  t.deepEqual(manifest(encodedOf(output)), manifest(encodedOf(expected)));
}

/** Ranks and writers. */
const sharings = {
  openmpi: [
    [2, 2],
    [3, 2],
    [3, 3],
  ],
  mpich: [[3, 2]],
} as const;
for (const library of mpiLibraries)
  for (const [ranks, writers] of sharings[library])
    mpiTest(library, `${writers} writers of ${ranks} ranks write what one does, ${library}`, async (t) => {
      const output = join(folder, `${library}-${ranks}-${writers}`);
      await expectCode(t, 0, command(zoo, output, '--writers', String(writers)), { library, ranks });
      sameContent(t, output, alone, zooFiles);
      t.is(filesBelow(runFolder(output)).length, 2 * (writers + 1) + 1);
      if (toolsAbsence) t.log(toolsAbsence);
      else t.is(h5diff('--follow-symlinks', reconstructedOf(output), reconstructedOf(alone)), '');
    });

/** Of two writers on two ranks, in a folder of another name than it was written to. */
async function movedParts(
  t: ExecutionContext,
  name: string,
): Promise<{ run: string; encoded: string; summary: string }> {
  const output = join(folder, name);
  const launch = { library: 'openmpi', ranks: 2 } as const;
  const { stdout } = await expectCode(t, 0, command(zoo, output, '--writers', '2', '--json'), launch);
  const run = join(folder, `${name}-moved`);
  renameSync(runFolder(output), run);
  return { run, encoded: join(run, basename(encodedOf(alone))), summary: stdout };
}

mpiTest('openmpi', 'every command takes the index for the archive, wherever it was moved', async (t) => {
  const { run, encoded, summary } = await movedParts(t, 'commands');
  const output = join(folder, 'back');
  await expectCode(t, 0, ['decompress', encoded, '--output-dir', output]);
  for (const file of zooFiles)
    t.deepEqual(contentOf(join(output, file)), contentOf(reconstructedOf(alone), { below: `/${file}` }));
  const { stdout } = await expectCode(t, 0, ['verify', encoded, zoo]);
  t.is(stdout.match(/as recorded/g)?.length, 3);
  await expectCode(t, 0, ['verify', encoded.replace('.h5', '.part-2.h5')]);
  const evaluation = await expectCode(t, 0, [
    ...['evaluate', zoo, '--archive', encoded, '--variables', 'U_CHI'],
    ...['--output-dir', join(folder, 'evaluation')],
  ]);
  t.regex(evaluation.stdout, /U_CHI/);
  const bytes = readdirSync(run)
    .filter((name) => name.startsWith('all_variables_encoded'))
    .reduce((sum, name) => sum + statSync(join(run, name)).size, 0);
  t.is(JSON.parse((await expectCode(t, 0, ['info', run, '--json'])).stdout).bytes, bytes);
  t.is(JSON.parse(summary).encodedBytes, bytes);
  t.throws(() => findInputs([run]), { message: /no HDF5 files/ });
});

mpiTest('openmpi', 'a part that is missing is named, and so is the archive', async (t) => {
  const { encoded } = await movedParts(t, 'missing');
  rmSync(encoded.replace('.h5', '.part-2.h5'));
  for (const name of ['info', 'verify', 'decompress', 'view']) {
    const { stderr } = await expectCode(t, 1, [name, encoded]);
    t.regex(stderr, /archive ".*missing-moved\/all_variables_encoded\.h5": part "all_variables_encoded\.part-2\.h5"/);
    t.regex(stderr, /no such file/);
  }
  await expectCode(t, 0, ['verify', encoded.replace('.h5', '.part-1.h5')]);
});

test('files are dealt to writers by bytes, whatever the ranks', (t) => {
  const file = (name: string, octants: number) => {
    const shape = [octants, 7, 7, 7];
    const variable = { path: '/U', dtype: 'float32', shape, chunks: undefined, blockSize: 7 } as const;
    return { path: name, name, bytes: 0, modified: '', variables: octants === 0 ? [] : [variable] };
  };
  const plan = { files: [file('a', 30), file('b', 10), file('c', 10), file('d', 10), file('e', 0)] };
  const [few, many] = [2, 7].map((ranks) => groupsOf(plan, ranks, 2));
  t.deepEqual(
    few!.map(({ files }) => files),
    [
      [0, 4],
      [1, 2, 3],
    ],
  );
  t.deepEqual(
    many!.map(({ files }) => files),
    few!.map(({ files }) => files),
  );
  t.deepEqual(
    many!.map(({ ranks }) => ranks),
    [
      { start: 0, end: 4 },
      { start: 4, end: 7 },
    ],
  );
  t.is(groupsOf(plan, 9, 9).length, 5);
  t.true(groupsOf(plan, 9, 9).every(({ files }) => files.length === 1));
});

test('no more writers than ranks', async (t) => {
  const output = join(folder, 'refused');
  const { stderr } = await expectCode(t, 2, command(zoo, output, '--writers', '2'));
  t.regex(stderr, /--writers 2: there are no more than 1 rank/);
  await expectCode(t, 2, command(zoo, output, '--writers', '0.5'));
  t.false(existsSync(output));
});

mpiTest('openmpi', 'a single file has a single writer, and no parts', async (t) => {
  const output = join(folder, 'single');
  const launch = { library: 'openmpi', ranks: 2 } as const;
  await expectCode(t, 0, command(join(zoo, 'a.h5'), output, '--writers', '2'), launch);
  t.is(filesBelow(runFolder(output)).length, 3);
});

mpiTest('openmpi', 'files that cannot be read are left out, though they are all that a writer has', async (t) => {
  const launch = { library: 'openmpi', ranks: 2 } as const;
  const input = join(folder, 'broken');
  writeText(join(input, 'b.h5'));
  const nothing = join(folder, 'nothing');
  writeText(join(input, 'a.h5'));
  const refused = await expectCode(t, 1, command(input, nothing, '--writers', '2'), launch);
  t.regex(refused.stderr, /not an HDF5 file/);
  writeDamaged(join(input, 'c.h5'));
  const unreadable = await expectCode(t, 1, command(input, nothing, '--writers', '2'), launch);
  t.regex(unreadable.stderr, /a\.h5[\s\S]*b\.h5[\s\S]*U_K|U_K[\s\S]*b\.h5/);
  t.deepEqual(
    filesBelow(nothing).filter((name) => name.endsWith('.h5')),
    [],
  );
  writeOctants(join(input, 'd.h5'));
  const [one, two] = [join(folder, 'broken-1'), join(folder, 'broken-2')];
  await expectCode(t, 3, command(input, one));
  await expectCode(t, 3, command(input, two, '--writers', '2'), launch);
  sameContent(t, two, one, ['d.h5']);
});

const large = join(folder, 'large');
const variables = Array.from({ length: 24 }, (_, i) => `U_${i}`);
for (const name of ['a', 'b', 'c', 'd']) writeOctants(join(large, `${name}.h5`), { variables, count: 40 });
const largeAlone = join(folder, 'large-alone');
test.before((t) => expectCode(t, 0, command(large, largeAlone)));

/** Of each journal of an unfinished run. */
function journalBytes(output: string): number[] {
  const runs = existsSync(output) ? readdirSync(output) : [];
  return ['journal.tmp', 'journal-2.tmp'].flatMap((name) =>
    runs.map((run) => statSync(join(output, run, name), { throwIfNoEntry: false })?.size ?? 0),
  );
}

for (const [index, library] of mpiLibraries.entries())
  mpiTest(library, `two writers that were killed go on, on more ranks too, ${library}`, async (t) => {
    const output = join(folder, `killed-${library}`);
    const task = command(large, output, '--writers', '2', '--resume');
    const launch: SwaeOptions = { library, ranks: 2 };
    const { pid, result } = startSwae(task, launch);
    while (journalBytes(output).length < 2 || journalBytes(output).some((bytes) => bytes < 100_000))
      await setTimeout(2);
    killTree(pid);
    await result;
    t.true(journalBytes(output).every((bytes) => bytes > 0));
    t.deepEqual(
      readdirSync(runFolder(output)).filter((name) => /^all_variables_\w+\.h5$/.test(name)),
      [],
    );
    const other = await expectCode(t, 1, command(large, output, '--resume'), launch);
    t.regex(other.stderr, /is of another run: \{"writers":2\}; this one is \{\}/);
    const { stdout } = await expectCode(t, 0, task, { library, ranks: 2 + index });
    t.regex(stdout, /going on after \d+ slabs/);
    sameContent(t, output, largeAlone, ['a.h5', 'b.h5', 'c.h5', 'd.h5']);
    t.deepEqual(
      filesBelow(runFolder(output)).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });
