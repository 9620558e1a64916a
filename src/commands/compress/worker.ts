import type { Blocks } from '../../engines/onnx/codec.js';
import { InputError } from '../../errors.js';
import type { Payload } from '../../io/archive/format.js';
import { merge, type Slab, split } from '../../io/blocks.js';
import { OpenFile } from '../open-file.js';
import { scaledRows } from '../survey/normalised.js';
import { surveyBlocks } from '../survey/survey.js';
import type { CodedVariable, SlabCodec, SlabDecoder } from './codec.js';
import { measureErrors } from './error-sums.js';
import type { Plan, Unit } from './plan.js';
import type { SlabFailure, SlabResult } from './result.js';

/** What of a unit is wanted besides what is stored of it. */
export interface Wants {
  /** Its reconstructed values. */
  readonly values: boolean;
  /** What the report shows. */
  readonly survey: boolean;
}

/** Does units: reads, encodes, decodes, measures. Keeps one source file open. */
export class Worker {
  readonly #plan: Plan;
  readonly #codec: SlabCodec;
  readonly #wants: Wants;
  readonly #file = new OpenFile();

  constructor(plan: Plan, codec: SlabCodec, wants: Wants) {
    this.#plan = plan;
    this.#codec = codec;
    this.#wants = wants;
  }

  /** `share`: as in `surveyBlocks`. */
  async process(unit: Unit, share: number | undefined): Promise<SlabResult | SlabFailure> {
    const started = performance.now();
    const { path, variables } = this.#plan.files[unit.file];
    const variable = variables[unit.variable];
    let blocks: Blocks;
    try {
      blocks = split(this.#file.open(path).readSlice(variable.path, unit.slab.read), unit.slab);
    } catch (error) {
      if (error instanceof InputError) return { failure: error.message };
      throw error;
    }
    const { payload, decoded } = await this.#codec.encode(blocks, variable, unit);
    const survey = this.#wants.survey
      ? surveyBlocks({ blocks, decoded, payload, slab: unit.slab }, scaledRows(blocks, payload, unit.slab.k), share)
      : undefined;
    const values = merge(decoded, unit.slab);
    const errors = measureErrors(merge(blocks, unit.slab), values);
    return {
      payload,
      errors,
      survey,
      seconds: (performance.now() - started) / 1000,
      values: this.#wants.values ? values : undefined,
    };
  }

  /** The result of a unit that an earlier start has encoded; only its values are made anew, and all of it if it lacks its survey. */
  async restore(unit: Unit, result: SlabResult, share: number | undefined): Promise<SlabResult | SlabFailure> {
    if (this.#wants.survey && !result.survey) return this.process(unit, share);
    if (!this.#wants.values) return result;
    const variable = this.#plan.files[unit.file].variables[unit.variable];
    return { ...result, values: await decodeSlab(this.#codec, result.payload, variable, unit.slab) };
  }

  close(): void {
    this.#file.close();
  }
}

/** The values of a slab's owned box. */
export async function decodeSlab(
  decoder: SlabDecoder,
  payload: Payload,
  variable: CodedVariable,
  slab: Slab,
): Promise<Blocks> {
  return merge(await decoder.decode(payload, variable, slab.blockCount), slab);
}
