import { basename, dirname, join } from 'node:path';
import type { Communicator } from '../../dist/communicator.js';
import { deal } from '../../dist/partition.js';
import { exitCode, InputError, SourceError } from '../../errors.js';
import { writeFileAtomic } from '../../io/atomic-file.js';
import { tiling, type Values } from '../../io/blocks.js';
import { product } from '../../io/boxes.js';
import { type Octants, readOctants } from '../../io/octants.js';
import { formatVti, formatVtm, type Grid, type PieceGroup, type PointArray } from '../../io/vti.js';
import { complain, printSummary } from '../../terminal.js';
import type { Plan } from '../compress/plan.js';
import { openReconstructor, type Reconstructor } from '../evaluate/reconstructor.js';
import { OpenFile } from '../open-file.js';
import { resolveResources } from '../options.js';
import { makeFolder } from '../output-folder.js';
import { startProgress } from '../progress.js';
import type { VtiOptions } from './command.js';
import { parseSelection } from './selection.js';
import { readVolumes, type Volume, type VolumeSet, volumeSets } from './volumes.js';

/** Each rank writes sets of its own. */
export async function writeVti(communicator: Communicator, options: VtiOptions): Promise<number> {
  const { has: isChosen, largest = 0 } = parseSelection('octants', options.octants);
  const reconstructor = await openReconstructor(communicator, options, resolveResources(options, communicator));
  const sets = volumeSets(reconstructor).map((set) => ({ ...set, count: chosenOf(set.shape, isChosen).length }));
  // What one file has fewer of, another may have.
  if (sets.every(({ shape }) => tiling(shape, 1).volumes <= largest))
    throw new InputError(`--octants ${options.octants}: the input has ${describeCounts(sets)}`);
  const wanted = sets.filter(({ count }) => count > 0);
  const paths = setNames(reconstructor.plan, wanted).map((name) => join(options.outputDir, name));
  const weights = wanted.map(({ shape, variables, count }) => count * variables.length * product(shape.slice(-3)));
  const owners = deal(weights, communicator.size);
  const mine = [...wanted.keys()].filter((index) => owners[index] === communicator.rank);
  const total = mine.reduce((sum, index) => sum + wanted[index].count, 0);
  const progress = startProgress({ label: 'vti', total, unit: 'volumes' });
  const sources = new OpenFile();
  const failures: Failure[] = [];
  let done = 0;
  for (const index of mine)
    try {
      await writeSet(reconstructor, sources, wanted[index], paths[index], isChosen, () => progress.update(++done));
    } catch (error) {
      // What cannot be written ends the run.
      if (!(error instanceof SourceError)) throw error;
      failures.push([index, error.message]);
    }
  progress.finish();
  sources.close();
  await reconstructor.release();
  const failed = new Map(shareFailures(communicator, failures));
  const complaints = [...reconstructor.complaints, ...failed.values()];
  const written = [...wanted.keys()]
    .filter((index) => !failed.has(index))
    .map((index) => ({ path: `${paths[index]}.vtm`, volumes: wanted[index].count }));
  const lines = written.map(({ path, volumes }) => `${path}  ${volumes} volume(s)`);
  printSummary({ written, leftOut: complaints }, lines.join('\n'));
  if (communicator.rank === 0) for (const complaint of complaints) complain(complaint);
  return complaints.length > 0 ? exitCode.partial : exitCode.success;
}

/** A set that could not be read, and why. */
type Failure = readonly [index: number, reason: string];

/** Those of all ranks, on every one. A collective call. */
function shareFailures(communicator: Communicator, mine: readonly Failure[]): Failure[] {
  return communicator
    .allgather(Buffer.from(JSON.stringify(mine)))
    .flatMap((bytes) => JSON.parse(Buffer.from(bytes).toString()));
}

/** The `.vti` files of a set, then the `.vtm` that names them: it is there when all of them are. */
async function writeSet(
  reconstructor: Reconstructor,
  sources: OpenFile,
  set: VolumeSet,
  path: string,
  isChosen: (volume: number) => boolean,
  onVolume: () => void,
): Promise<void> {
  const file = reconstructor.plan.files[set.file];
  const variables = set.variables.map((variable) => file.variables[variable]);
  const octants = readOctants(sources.open(file.path), variables[0].path, set.shape);
  makeFolder(path);
  const groups = new Map<string, { name: string; file: string }[]>();
  const names = variables.map((variable) => variable.path.replace(/^\//, ''));
  for await (const volume of readVolumes(reconstructor, sources, set, isChosen)) {
    const { index } = volume;
    const name = `octant_${String(index).padStart(6, '0')}`;
    writeFileAtomic(join(path, `${name}.vti`), formatVti(gridOf(octants, set.shape, index), arraysOf(names, volume)));
    const group = octants.levels ? `level ${octants.levels[index]}` : 'volumes';
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group)!.push({ name, file: `${basename(path)}/${name}.vti` });
    onVolume();
  }
  const inOrder: PieceGroup[] = [...groups]
    .map(([name, pieces]) => ({ name, pieces }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  makeFolder(dirname(path));
  writeFileAtomic(`${path}.vtm`, [formatVtm(inOrder)]);
}

function arraysOf(names: readonly string[], { pairs }: Volume): PointArray[] {
  return names.flatMap((name, index) => {
    const { original, reconstruction } = pairs[index];
    const error: Values = reconstruction.map((value, i) => value - original[i]);
    return [
      { name: `${name} original`, values: original },
      { name: `${name} reconstruction`, values: reconstruction },
      { name: `${name} error`, values: error },
    ];
  });
}

/** An octant's first and last nodes lie on its faces. */
function gridOf({ origins, sizes }: Octants, shape: readonly number[], index: number): Grid {
  const nodes = shape.slice(-3).reverse();
  if (!origins || !sizes) return { origin: [0, 0, 0], spacing: [1, 1, 1], nodes };
  return {
    origin: [...origins.subarray(3 * index, 3 * index + 3)],
    spacing: nodes.map((count) => sizes[index] / Math.max(1, count - 1)),
    nodes,
  };
}

function chosenOf(shape: readonly number[], isChosen: (volume: number) => boolean): number[] {
  return Array.from({ length: tiling(shape, 1).volumes }, (_, index) => index).filter(isChosen);
}

/** Relative to the output folder, without ending: that of the file, with its ending where another has the same name, and the shape where there are several. */
function setNames({ files }: Plan, sets: readonly VolumeSet[]): string[] {
  const short = files.map(({ name }) => name.replace(/\.[^./]*$/, ''));
  return sets.map(({ file, shape }) => {
    const isUnique = short.filter((name) => name === short[file]).length === 1;
    const base = isUnique ? short[file] : files[file].name;
    return sets.filter((set) => set.file === file).length === 1 ? base : `${base}_${shape.join('x')}`;
  });
}

function describeCounts(sets: readonly VolumeSet[]): string {
  const counts = new Set(sets.map(({ shape }) => tiling(shape, 1).volumes));
  return `${[...counts].sort((a, b) => a - b).join(', ')} volumes, numbered from 0`;
}
