/** What a physicist checks of BSSN data: the constraints of the system, on the original and on the reconstruction. */
import type { Communicator } from '../../dist/communicator.js';
import { gatherInOrder } from '../../dist/gather.js';
import { deal } from '../../dist/partition.js';
import { merge, type Slab, split, type Values } from '../../io/blocks.js';
import { length, volume } from '../../io/boxes.js';
import { readOctants } from '../../io/octants.js';
import { lastName } from '../../models/scaling.js';
import { bytesOfUnit, type PlannedVariable, slabsOf } from '../compress/plan.js';
import { startProgress } from '../progress.js';
import { algebraicConstraints } from './algebra.js';
import type { Row } from './cube.js';
import { FindingTable, packFindings, unpackFindings } from './findings.js';
import { measureVolume } from './measure.js';
import { OpenFile } from './open-file.js';
import type { Reconstructor } from './reconstructor.js';
import { addSums, emptySums, type Sums } from './sums.js';

export interface ConstraintRow {
  readonly file: string;
  /** Undefined: all together. */
  readonly level?: number;
  readonly quantity: string;
  readonly original: Check;
  readonly reconstruction: Check;
}

/** Of a quantity that should be 0 (`rms`, `largest` absolute value), or of one that should be above 0 (`minimum`, `violations`). */
export interface Check {
  /** Points. */
  readonly count: number;
  readonly rms: number | null;
  readonly largest: number | null;
  readonly minimum: number | null;
  readonly violations: number | null;
}

const metricNames = [0, 1, 2, 3, 4, 5].map((component) => `U_SYMGT${component}`);
const curvatureNames = [0, 1, 2, 3, 4, 5].map((component) => `U_SYMAT${component}`);
const tensorNames = [...metricNames, ...curvatureNames];
const positive: ReadonlyMap<string, string> = new Map([
  ['U_CHI', 'U_CHI > 0'],
  ['U_ALPHA', 'U_ALPHA > 0'],
]);

/** The same slab of all components of γ̃ and Ã. */
interface ConstraintUnit {
  readonly file: number;
  /** Their indices in the file's variables. */
  readonly variables: readonly number[];
  readonly slab: Slab;
}

/** On rank 0 the algebraic constraints of each file that has all twelve components; files in `failed` are left out. A collective call. */
export async function checkConstraints(
  communicator: Communicator,
  reconstructor: Reconstructor,
  failed: ReadonlyMap<number, string>,
): Promise<ConstraintRow[]> {
  const { plan } = reconstructor;
  const units = plan.files.flatMap((_, file) => (failed.has(file) ? [] : constraintUnits(reconstructor, file)));
  if (units.length === 0) return [];
  const weights = units.map(({ file, variables, slab }) => bytesOfUnit(plan, { file, variable: variables[0], slab }));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const progress = startProgress({ label: 'constraints', total, unit: 'B', silent: communicator.rank !== 0 });
  const rows = new Map<string, { file: string; level?: number; quantity: string; sums: Sums }>();
  const sources = new OpenFile();
  let done = 0;
  await gatherInOrder(
    communicator,
    deal(weights, communicator.size),
    async (index) => packFindings((await checkUnit(reconstructor, sources, units[index])).all()),
    (index, bytes) => {
      const file = plan.files[units[index].file].name;
      for (const { quantity, level, sums } of unpackFindings(bytes) as Exclude<
        ReturnType<typeof unpackFindings>,
        string
      >)
        for (const part of level === undefined ? [{}] : [{}, { level }]) {
          const key = JSON.stringify([file, part, quantity]);
          if (!rows.has(key)) rows.set(key, { file, ...part, quantity, sums: emptySums() });
          addSums(rows.get(key)!.sums, sums);
        }
      done += weights[index];
      progress.update(done);
    },
  );
  progress.finish();
  sources.close();
  return [...rows.values()].map(({ sums, ...place }) => ({
    ...place,
    original: nearZero(sums.count, sums.meanX, sums.centralXX, sums.minX, sums.maxX),
    reconstruction: nearZero(sums.count, sums.meanY, sums.centralYY, sums.minY, sums.maxY),
  }));
}

/** Of χ and α, from what was measured of them. */
export function checkSigns(rows: readonly Row[]): ConstraintRow[] {
  return rows.flatMap(({ file, variable, level, physical }) => {
    const quantity = variable === undefined ? undefined : positive.get(lastName(variable));
    if (file === undefined || quantity === undefined) return [];
    const check = (minimum: number | null, violations: number): Check => ({
      count: physical.count,
      rms: null,
      largest: null,
      minimum,
      violations,
    });
    return {
      file,
      ...(level !== undefined && { level }),
      quantity,
      original: check(physical.minimum, physical.notPositive),
      reconstruction: check(physical.reconstructedMinimum, physical.reconstructedNotPositive),
    };
  });
}

function nearZero(count: number, mean: number, central: number, minimum: number, maximum: number): Check {
  return {
    count,
    rms: Math.sqrt(central / count + mean * mean),
    largest: Math.max(Math.abs(minimum), Math.abs(maximum)),
    minimum: null,
    violations: null,
  };
}

function constraintUnits({ plan, slabBytes }: Reconstructor, file: number): ConstraintUnit[] {
  const { variables } = plan.files[file];
  const indices = tensorNames.map((name) => variables.findIndex(({ path }) => lastName(path) === name));
  if (indices.includes(-1)) return [];
  const tensors = indices.map((index) => variables[index]);
  if (new Set(tensors.map(layoutOf)).size > 1) return [];
  return slabsOf(tensors[0], slabBytes).map((slab) => ({ file, variables: indices, slab }));
}

/** What decides how a variable is cut. */
function layoutOf({ shape, dtype, chunks, blockSize }: PlannedVariable): string {
  return JSON.stringify([shape, dtype, chunks, blockSize]);
}

async function checkUnit(
  reconstructor: Reconstructor,
  sources: OpenFile,
  { file, variables, slab }: ConstraintUnit,
): Promise<FindingTable> {
  const planned = reconstructor.plan.files[file];
  const source = sources.open(planned.path);
  const [original, reconstruction]: [Values[], Values[]] = [[], []];
  for (const variable of variables) {
    const blocks = split(source.readSlice(planned.variables[variable].path, slab.read), slab);
    const { decoded } = await reconstructor.reconstruct(blocks, { file, variable, slab });
    original.push(merge(blocks, slab));
    reconstruction.push(merge(decoded, slab));
  }
  const { path, shape } = planned.variables[variables[0]];
  const { levels } = readOctants(source, path, shape);
  const table = new FindingTable();
  const [x, y] = [original, reconstruction].map((tensors) =>
    algebraicConstraints(tensors.slice(0, 6), tensors.slice(6)),
  );
  const size = volume(slab.owned.slice(-3));
  for (const [quantity, name] of [
    ['det(U_SYMGT) − 1', 'determinant'],
    ['tr(U_SYMAT)', 'trace'],
  ] as const)
    for (let start = 0; start < x[name].length; start += size) {
      const [one, other] = [x, y].map((found) => found[name].subarray(start, start + size));
      const extent = { smallest: 0, range: Number.NaN };
      const sums = measureVolume(one, other, slab.owned.slice(-3).map(length), extent);
      addSums(table.sums(quantity, levels?.[slab.owned[0][0] + start / size]), sums);
    }
  return table;
}
