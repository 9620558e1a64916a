import type { Communicator } from '../../dist/communicator.js';
import { deal } from '../../dist/partition.js';
import { InputError, UsageError } from '../../errors.js';
import { openSource } from '../../io/hdf5/source.js';
import { requirePositive } from '../options.js';
import { createBoundedCodec, type Target } from './bounded-codec.js';
import { octantSize } from './latent-method.js';
import type { Method } from './method.js';
import { bytesOfUnit, type Plan, type Unit, unitsOf } from './plan.js';

export const boundModes = ['abs', 'range', 'block'] as const;
export type BoundMode = (typeof boundModes)[number];

export interface BoundOptions {
  readonly errorBound?: number | undefined;
  readonly boundMode: BoundMode;
  readonly targetPsnr?: number | undefined;
}

/** Grids that are no octants are cut into the largest blocks. */
const largestBlock = 8;

/** Records within a bound, or of a PSNR, or both. Needs no model. Throws UsageError where a number makes no sense. */
export function boundedMethod({ errorBound, boundMode, targetPsnr }: BoundOptions): Method {
  if (errorBound !== undefined) requirePositive('error-bound', errorBound);
  if (targetPsnr !== undefined && !Number.isFinite(targetPsnr))
    throw new UsageError(`--target-psnr must be a number of decibels, got ${targetPsnr}`);
  const asked = {
    ...(errorBound !== undefined && { errorBound, boundMode }),
    ...(targetPsnr !== undefined && { targetPsnr }),
  };
  return {
    blockSizeOf: ({ shape }) => octantSize(shape) ?? largestBlock,
    async prepare(communicator, plan) {
      const needsRanges = targetPsnr !== undefined || boundMode === 'range';
      const ranges = needsRanges ? measureRanges(communicator, plan) : new Map<string, number>();
      return {
        identity: asked,
        coding: { kind: 'bounded', ...asked },
        model: undefined,
        codec: createBoundedCodec((file, path) => targetOf(asked, ranges.get(key(file, path)) ?? 0)),
        notes: '',
      };
    },
  };
}

/** `range`: largest minus smallest of a variable's finite values. */
function targetOf({ errorBound, boundMode, targetPsnr }: Partial<BoundOptions>, range: number): Target {
  return {
    ...(errorBound !== undefined && {
      bound: boundMode === 'range' ? errorBound * range : errorBound,
      isRelative: boundMode === 'block',
    }),
    ...(targetPsnr !== undefined && { rms: range * 10 ** (-targetPsnr / 20) }),
  };
}

/** The range of each variable, by `key`. A collective call. */
function measureRanges(communicator: Communicator, plan: Plan): Map<string, number> {
  const extremes = measureExtremes(communicator, plan);
  return new Map(
    [...extremes].map(([name, [low, high]]) => [name, Math.max(0, Math.min(high - low, Number.MAX_VALUE))]),
  );
}

/**
 * Smallest and largest finite value of each variable, by `key`: a first pass over the files, dealt like the second. A slab that cannot
 * be read has none; the second pass will say so. A collective call.
 */
export function measureExtremes(communicator: Communicator, plan: Plan): Map<string, readonly [number, number]> {
  const units = unitsOf(plan);
  const owners = deal(
    units.map((unit) => bytesOfUnit(plan, unit)),
    communicator.size,
  );
  const mine = units.filter((_, index) => owners[index] === communicator.rank).map((unit) => extremesOf(plan, unit));
  const extremes = new Map<string, readonly [number, number]>();
  for (const bytes of communicator.allgather(Buffer.from(JSON.stringify(mine))))
    for (const [name, smallest, largest] of JSON.parse(Buffer.from(bytes).toString()) as Extremes[]) {
      const [low, high] = extremes.get(name) ?? [Number.MAX_VALUE, -Number.MAX_VALUE];
      extremes.set(name, [Math.min(low, smallest), Math.max(high, largest)]);
    }
  return extremes;
}

/** ±MAX_VALUE where there is no finite value: JSON has no infinities. */
type Extremes = [name: string, smallest: number, largest: number];

function extremesOf({ files }: Plan, { file, variable, slab }: Unit): Extremes {
  const { path, variables } = files[file];
  let [smallest, largest] = [Number.MAX_VALUE, -Number.MAX_VALUE];
  try {
    const source = openSource(path);
    const values = source.readSlice(variables[variable].path, slab.read);
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (value < smallest && value >= -Number.MAX_VALUE) smallest = value;
      if (value > largest && value <= Number.MAX_VALUE) largest = value;
    }
    source.close();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
  }
  return [key(file, variables[variable].path), smallest, largest];
}

/** Of a variable of a file, by its index in the plan. */
export function key(file: number, path: string): string {
  return `${file}:${path}`;
}
