import type { Blocks } from '../../engines/onnx/codec.js';
import { InputError } from '../../errors.js';
import { merge, type Slab, split, tiling, type Values } from '../../io/blocks.js';
import { length, volume } from '../../io/boxes.js';
import { readOctants } from '../../io/octants.js';
import { isUnitScaled } from '../../models/normalise.js';
import { key } from '../compress/extremes.js';
import type { Unit } from '../compress/plan.js';
import { OpenFile } from '../open-file.js';
import { countErrors } from '../survey/counts.js';
import { BlockNormaliser, type ScaledRows, scaledRows, takeRows } from '../survey/normalised.js';
import { emptySurvey, type Survey, surveyBlocks } from '../survey/survey.js';
import { type Finding, FindingTable } from './findings.js';
import { type Extent, measureVolume } from './measure.js';
import type { Reconstructor } from './reconstructor.js';
import { addSums } from './sums.js';

/** Of a unit: sums of its errors, and what the report shows. */
export interface Measured {
  readonly findings: readonly Finding[];
  readonly survey: Survey;
}

/** Measures units. */
export class UnitWorker {
  readonly #reconstructor: Reconstructor;
  readonly #extremes: ReadonlyMap<string, readonly [number, number]>;
  readonly #normaliser: BlockNormaliser;
  readonly #unitExtent: Extent;
  readonly #file = new OpenFile();

  /** `extremes`: of each variable, by `key`. */
  constructor(reconstructor: Reconstructor, extremes: ReadonlyMap<string, readonly [number, number]>, threads: number) {
    this.#reconstructor = reconstructor;
    this.#extremes = extremes;
    this.#normaliser = new BlockNormaliser(reconstructor.normalisation, threads);
    const isUnit = isUnitScaled(reconstructor.normalisation);
    this.#unitExtent = { smallest: 0, range: isUnit ? 1 : Number.NaN };
  }

  /** Of all values of a unit, or of the blocks `chosen` alone; `share` as in `surveyBlocks`. Gives why it cannot be read. */
  async measure(unit: Unit, share: number | undefined, chosen?: Uint32Array): Promise<Measured | string> {
    const { path, variables } = this.#reconstructor.plan.files[unit.file];
    const variable = variables[unit.variable];
    const k = variable.blockSize;
    if (chosen?.length === 0) return { findings: [], survey: emptySurvey() };
    let blocks: Blocks;
    let levels: Float64Array | undefined;
    try {
      const source = this.#file.open(path);
      blocks = split(source.readSlice(variable.path, unit.slab.read), unit.slab);
      if (chosen) blocks = takeRows(blocks, chosen, k ** 3);
      levels = readOctants(source, variable.path, variable.shape).levels;
    } catch (error) {
      if (error instanceof InputError) return error.message;
      throw error;
    }
    const { payload, decoded } = await this.#reconstructor.reconstruct(blocks, unit);
    const sums = new FindingTable();
    const levelOfBlock = blockLevels(unit.slab, levels, chosen);
    const extent = extentOf(this.#extremes.get(key(unit.file, variable.path)));
    if (chosen) addBlocks(sums, blocks, decoded, k, extent, levelOfBlock);
    else addVolumes(sums, merge(blocks, unit.slab), merge(decoded, unit.slab), unit.slab, extent, levels);
    const met = scaledRows(blocks, payload, k);
    const survey = surveyBlocks({ blocks, decoded, payload, slab: unit.slab, numbers: chosen }, met, share);
    const [normalised, restored] = await this.#normalise(blocks, decoded, met, k);
    for (const [index, row] of met.rows.entries()) {
      const [x, y] = [normalised, restored].map((values) => values.subarray(index * k ** 3, (index + 1) * k ** 3));
      addSums(sums.sums('normalised', levelOfBlock(row)), measureVolume(x, y, [k, k, k], this.#unitExtent));
    }
    survey.normalised = countErrors(normalised, restored, Uint32Array.from(met.rows.keys()), k ** 3).counts;
    return { findings: sums.all(), survey };
  }

  #normalise(blocks: Blocks, decoded: Blocks, { rows, scale }: ScaledRows, k: number) {
    return Promise.all(
      [blocks, decoded].map((values) => this.#normaliser.normalise(takeRows(values, rows, k ** 3), scale, k)),
    );
  }

  async release(): Promise<void> {
    this.#file.close();
    await this.#normaliser.release();
  }
}

/** Each value of the slab's owned box once, volume by volume. */
function addVolumes(
  sums: FindingTable,
  x: Values,
  y: Values,
  { owned }: Slab,
  extent: Extent,
  levels: Float64Array | undefined,
): void {
  const shape = owned.slice(-3).map(length);
  const size = volume(owned.slice(-3));
  for (let start = 0; start < x.length; start += size) {
    const [one, other] = [x, y].map((values) => values.subarray(start, start + size));
    const level = levels?.[owned[0][0] + start / size];
    addSums(sums.sums('physical', level), measureVolume(one, other, shape, extent));
  }
}

/** Block by block; where blocks overlap, values count in each. */
function addBlocks(
  sums: FindingTable,
  blocks: Blocks,
  decoded: Blocks,
  k: number,
  extent: Extent,
  levelOf: (block: number) => number | undefined,
): void {
  for (let row = 0; row * k ** 3 < blocks.length; row++) {
    const [one, other] = [blocks, decoded].map((values) => values.subarray(row * k ** 3, (row + 1) * k ** 3));
    addSums(sums.sums('physical', levelOf(row)), measureVolume(one, other, [k, k, k], extent));
  }
}

/** The level of each block of a slab, or of each that is `chosen` of them. */
function blockLevels({ shape, k, firstBlock }: Slab, levels: Float64Array | undefined, chosen?: Uint32Array) {
  const { blocksPerVolume } = tiling(shape, k);
  return (row: number) => levels?.[Math.floor((firstBlock + (chosen?.[row] ?? row)) / blocksPerVolume)];
}

/** Of a variable without finite values nothing is compared. */
function extentOf([smallest, largest]: readonly [number, number] = [0, 0]): Extent {
  return { smallest, range: Math.max(0, Math.min(largest - smallest, Number.MAX_VALUE)) };
}
