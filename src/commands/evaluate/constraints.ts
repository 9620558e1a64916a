/** What a physicist checks of BSSN data: the constraints of the system, on the original and on the reconstruction. */
import type { Communicator } from '../../dist/communicator.js';
import { gatherInOrder } from '../../dist/gather.js';
import { deal } from '../../dist/partition.js';
import { merge, type Slab, split, type Values } from '../../io/blocks.js';
import { length } from '../../io/boxes.js';
import { type Octants, readOctants } from '../../io/octants.js';
import { lastName } from '../../models/scaling.js';
import { bytesOfUnit, type PlannedVariable, slabsOf } from '../compress/plan.js';
import { OpenFile } from '../open-file.js';
import { startProgress } from '../progress.js';
import { algebraicConstraints } from './algebra.js';
import { type BssnFields, bssnConstraints } from './bssn.js';
import type { Row } from './cube.js';
import { type Finding, FindingTable, packFindings, unpackFindings } from './findings.js';
import { measureVolume } from './measure.js';
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
const gammaNames = ['U_GT0', 'U_GT1', 'U_GT2'];
/** What the algebraic constraints take, and what the others take besides. */
const algebraicNames = [...metricNames, ...curvatureNames];
const differentialNames = ['U_CHI', 'U_K', ...gammaNames];
/** Below, derivatives by a polynomial through the nodes of an octant are too coarse to tell anything. */
const leastNodes = 7;
const positive: ReadonlyMap<string, string> = new Map([
  ['U_CHI', 'U_CHI > 0'],
  ['U_ALPHA', 'U_ALPHA > 0'],
]);

/** The same slab of all variables that constraints take. */
interface ConstraintUnit {
  readonly file: number;
  /** Their indices in the file's variables. */
  readonly variables: readonly number[];
  readonly slab: Slab;
}

/** The values of a slab by the last names of their variables. */
type Fields = Readonly<Record<string, Values>>;

/**
 * On rank 0 the constraints of each file that has all components of γ̃ and Ã: the algebraic ones, and on octants that know their size and have
 * χ, K and Γ̃ too, the Hamiltonian and momentum constraints. Files in `failed` are left out. A collective call.
 */
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
  const progress = startProgress({ label: 'constraints', total, unit: 'B' });
  const table = new ConstraintTable();
  const sources = new OpenFile();
  let done = 0;
  await gatherInOrder(
    communicator,
    deal(weights, communicator.size),
    { pack: packFindings, unpack: unpackFindings },
    async (index) => (await checkUnit(reconstructor, sources, units[index])).all(),
    (index, found) => {
      // They have been read once already.
      if (typeof found === 'string') throw new Error(found);
      table.add(plan.files[units[index].file].name, found);
      done += weights[index];
      progress.update(done);
    },
  );
  progress.finish();
  sources.close();
  return table.rows();
}

/** Sums of constraints by file, and by file and level. */
class ConstraintTable {
  readonly #sums = new Map<string, Pick<ConstraintRow, 'file' | 'level' | 'quantity'> & { sums: Sums }>();

  add(file: string, found: readonly Finding[]): void {
    for (const { quantity, level, sums } of found)
      for (const part of level === undefined ? [{}] : [{}, { level }]) {
        const key = JSON.stringify([file, part, quantity]);
        if (!this.#sums.has(key)) this.#sums.set(key, { file, ...part, quantity, sums: emptySums() });
        addSums(this.#sums.get(key)!.sums, sums);
      }
  }

  rows(): ConstraintRow[] {
    return [...this.#sums.values()].map(({ sums, ...place }) => ({
      ...place,
      original: nearZero(sums.count, sums.meanX, sums.centralXX, sums.minX, sums.maxX),
      reconstruction: nearZero(sums.count, sums.meanY, sums.centralYY, sums.minY, sums.maxY),
    }));
  }
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
  const indexOf = (name: string) => variables.findIndex(({ path }) => lastName(path) === name);
  const algebraic = algebraicNames.map(indexOf);
  const isCutAlike = (indices: readonly number[]) =>
    !indices.includes(-1) && new Set(indices.map((index) => layoutOf(variables[index]))).size === 1;
  if (!isCutAlike(algebraic)) return [];
  const all = [...algebraic, ...differentialNames.map(indexOf)];
  const taken = isCutAlike(all) ? all : algebraic;
  return slabsOf(variables[taken[0]], slabBytes).map((slab) => ({ file, variables: taken, slab }));
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
  const original: Record<string, Values> = {};
  const reconstruction: Record<string, Values> = {};
  for (const variable of variables) {
    const { path } = planned.variables[variable];
    const blocks = split(source.readSlice(path, slab.read), slab);
    const { decoded } = await reconstructor.reconstruct(blocks, { file, variable, slab });
    original[lastName(path)] = merge(blocks, slab);
    reconstruction[lastName(path)] = merge(decoded, slab);
  }
  const { path, shape } = planned.variables[variables[0]];
  return checkFields(original, reconstruction, slab, readOctants(source, path, shape));
}

function checkFields(
  original: Fields,
  reconstruction: Fields,
  { owned }: Slab,
  { levels, sizes }: Octants,
): FindingTable {
  const table = new FindingTable();
  const [nz, ny, nx] = owned.slice(-3).map(length);
  const size = nz * ny * nx;
  const isOctant =
    sizes && nz === ny && ny === nx && nz >= leastNodes && differentialNames.every((name) => name in original);
  for (let start = 0; start < original[metricNames[0]].length; start += size) {
    const volume = owned[0][0] + start / size;
    const sides = [original, reconstruction].map((fields) => {
      const own = Object.fromEntries(
        Object.entries(fields).map(([name, values]) => [name, Float64Array.from(values.subarray(start, start + size))]),
      );
      return { ...algebraOf(own), ...(isOctant && differentialOf(own, nz, sizes[volume] / (nz - 1))) };
    });
    for (const quantity of Object.keys(sides[0])) {
      const [x, y] = sides.map((found) => found[quantity]);
      const sums = measureVolume(x, y, [1, 1, x.length], { smallest: 0, range: Number.NaN });
      addSums(table.sums(quantity, levels?.[volume]), sums);
    }
  }
  return table;
}

type Quantities = Record<string, Float64Array<ArrayBuffer>>;

function algebraOf(fields: Quantities): Quantities {
  const pick = (names: readonly string[]) => names.map((name) => fields[name]);
  const { determinant, trace } = algebraicConstraints(pick(metricNames), pick(curvatureNames));
  return { 'det(U_SYMGT) − 1': determinant, 'tr(U_SYMAT)': trace };
}

function differentialOf(fields: Quantities, nodes: number, spacing: number): Quantities {
  const pick = (names: readonly string[]) => names.map((name) => fields[name]);
  const bssn: BssnFields = {
    chi: fields.U_CHI,
    metric: pick(metricNames),
    curvature: pick(curvatureNames),
    trace: fields.U_K,
    gamma: pick(gammaNames),
  };
  const { hamiltonian, momentum } = bssnConstraints(bssn, nodes, spacing);
  return { 'Hamiltonian H': hamiltonian, 'momentum |M|': momentum };
}
