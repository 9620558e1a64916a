import { createHash } from 'node:crypto';
import type { Communicator } from '../../dist/communicator.js';
import { InputError } from '../../errors.js';
import { type Slab, slabs } from '../../io/blocks.js';
import { missingFilter } from '../../io/hdf5/filters.js';
import type { Input } from '../../io/inputs.js';
import { bytesPerValue } from '../../io/variable-bytes.js';
import { type SelectedFile, selectVariables, type Variable } from '../select.js';

/** Bytes of a slab's blocks: large enough that reading and encoding run at full speed, small beside a rank's memory. */
export const slabBytes = 16e6;

/** A variable and the size of the blocks that it is cut into. */
export interface PlannedVariable extends Variable {
  readonly blockSize: number;
}

export interface PlannedFile extends SelectedFile {
  readonly variables: readonly PlannedVariable[];
  /** Why it is left out. */
  readonly failure?: string;
}

/** What a run does, in order; every rank has the same. */
export interface Plan {
  readonly files: readonly PlannedFile[];
}

/** A slab of a variable: what one rank does at a time. */
export interface Unit {
  /** Index in the plan's files. */
  readonly file: number;
  /** Index in the file's variables. */
  readonly variable: number;
  readonly slab: Slab;
}

/** Rank 0 looks at the files, so that all ranks agree even on a file that changes. A collective call. */
export function makePlan(
  communicator: Communicator,
  inputs: readonly string[],
  patterns: readonly string[] | undefined,
  blockSizeOf: (variable: Variable) => number,
): Plan {
  const plan = communicator.rank === 0 ? JSON.stringify(lookAt(inputs, patterns, blockSizeOf)) : '';
  const [shared] = communicator.allgather(Buffer.from(plan));
  return JSON.parse(Buffer.from(shared).toString());
}

function lookAt(
  inputs: readonly string[],
  patterns: readonly string[] | undefined,
  blockSizeOf: (variable: Variable) => number,
): Plan {
  const broken: PlannedFile[] = [];
  // By path. What cannot be copied costs the file: better before any of it is compressed.
  const failures = new Map<string, string>();
  const files = selectVariables(
    inputs,
    patterns,
    (input, error) => broken.push({ ...input, variables: [], failure: error.message }),
    (source) => {
      const failure = missingFilter(source);
      if (failure !== undefined) failures.set(source.path, failure);
    },
  );
  if (files.every(({ path }) => failures.has(path))) throw new InputError([...failures.values()].join('\n'));
  const planned = files.map((file): PlannedFile => {
    const failure = failures.get(file.path);
    if (failure !== undefined) return { ...file, variables: [], failure };
    return {
      ...file,
      variables: file.variables.map((variable) => ({ ...variable, blockSize: blockSizeOf(variable) })),
    };
  });
  const inOrder = [...planned, ...broken].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  return { files: inOrder };
}

/** Depends on the plan alone, not on the number of ranks; `maxBytes` as in `slabsOf`. */
export function unitsOf({ files }: Plan, maxBytes: number = slabBytes): Unit[] {
  return files.flatMap(({ variables }, file) =>
    variables.flatMap((variable, index) =>
      slabsOf(variable, maxBytes).map((slab) => ({ file, variable: index, slab })),
    ),
  );
}

/** `maxBytes`: where a variable was cut before, what it was cut by then, so that the slabs are the same. */
export function slabsOf(
  { shape, dtype, chunks, blockSize }: Omit<PlannedVariable, 'path'>,
  maxBytes: number = slabBytes,
): Slab[] {
  return slabs(shape, blockSize, { bytesPerValue: bytesPerValue(dtype), maxBytes, chunks });
}

/** Bytes of a unit's blocks: what its rank has to do. */
export function bytesOfUnit({ files }: Plan, { file, variable, slab }: Unit): number {
  return slab.blockCount * slab.k ** 3 * bytesPerValue(files[file].variables[variable].dtype);
}

/** SHA-256 of what the plan's inputs are: names, sizes, times, variables. */
export function planDigest({ files }: Plan): string {
  const inputs = files.map(({ name, bytes, modified, variables }: Input & PlannedFile) => [
    name,
    bytes,
    modified,
    variables.map(({ blockSize: _, ...variable }) => variable),
  ]);
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex');
}

/** Nodes on an edge, where the last three axes look like those of octants. */
export function octantSize(shape: readonly number[]): number | undefined {
  const [z, y, x] = shape.slice(-3);
  return z === y && y === x && z >= 5 && z <= 8 ? z : undefined;
}
