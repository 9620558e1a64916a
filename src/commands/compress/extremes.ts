import type { Communicator } from '../../dist/communicator.js';
import { deal } from '../../dist/partition.js';
import { InputError } from '../../errors.js';
import { OpenFile } from '../open-file.js';
import { startProgress } from '../progress.js';
import { bytesOfUnit, type Plan, type Unit, unitsOf } from './plan.js';

/**
 * Smallest and largest finite value of each variable, by `key`: a first pass over the files, dealt like the second. A slab that cannot
 * be read has none; the second pass will say so. A collective call.
 */
export async function measureExtremes(
  communicator: Communicator,
  plan: Plan,
): Promise<Map<string, readonly [number, number]>> {
  const units = unitsOf(plan);
  const weights = units.map((unit) => bytesOfUnit(plan, unit));
  const owners = deal(weights, communicator.size);
  const isMine = (_: unknown, index: number) => owners[index] === communicator.rank;
  const total = weights.filter(isMine).reduce((sum, weight) => sum + weight, 0);
  const progress = startProgress({ label: 'ranges', total, unit: 'B' });
  const source = new OpenFile();
  const mine: Extremes[] = [];
  for (const unit of units.filter(isMine)) {
    mine.push(extremesOf(source, plan, unit));
    await progress.pass(bytesOfUnit(plan, unit));
  }
  progress.finish();
  source.close();
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

function extremesOf(source: OpenFile, { files }: Plan, { file, variable, slab }: Unit): Extremes {
  const { path, variables } = files[file];
  let [smallest, largest] = [Number.MAX_VALUE, -Number.MAX_VALUE];
  try {
    const values = source.open(path).readSlice(variables[variable].path, slab.read);
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (value < smallest && value >= -Number.MAX_VALUE) smallest = value;
      if (value > largest && value <= Number.MAX_VALUE) largest = value;
    }
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
  }
  return [key(file, variables[variable].path), smallest, largest];
}

/** Of a variable of a file, by its index in the plan. */
export function key(file: number, path: string): string {
  return `${file}:${path}`;
}
