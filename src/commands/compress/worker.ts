import { decodeSlab } from '../../decode/slab-decoder.js';
import type { Blocks } from '../../engines/onnx/codec.js';
import { InputError } from '../../errors.js';
import { merge, split } from '../../io/blocks.js';
import { OpenFile } from '../open-file.js';
import { scaledRows } from '../survey/normalised.js';
import { surveyBlocks } from '../survey/survey.js';
import type { SlabCodec } from './codec.js';
import { measureErrors } from './error-sums.js';
import type { Plan, Unit } from './plan.js';
import type { SlabFailure, SlabResult } from './result.js';
import type { StageClock } from './stages.js';

/** What of a unit is wanted besides what is stored of it. Without errors nothing is decoded, and there is nothing else of these. */
export interface Wants {
  readonly errors: boolean;
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
  readonly #clock: StageClock;
  readonly #file = new OpenFile();
  /** For the values of a unit, one after the other: the system clears memory that is new, page by page. */
  #room = new ArrayBuffer(0);

  constructor(plan: Plan, codec: SlabCodec, wants: Wants, clock: StageClock) {
    this.#plan = plan;
    this.#codec = codec;
    this.#wants = wants;
    this.#clock = clock;
  }

  /** `share`: as in `surveyBlocks`. */
  async process(unit: Unit, share: number | undefined): Promise<SlabResult | SlabFailure> {
    const started = performance.now();
    const { path, variables } = this.#plan.files[unit.file];
    const variable = variables[unit.variable];
    let blocks: Blocks;
    try {
      blocks = split(this.#file.open(path).readSlice(variable.path, unit.slab.read, this.#allocate), unit.slab);
    } catch (error) {
      if (error instanceof InputError) return { failure: error.message };
      throw error;
    } finally {
      this.#clock.lap('read');
    }
    const { slab } = unit;
    const { payload, decoded: known } = await this.#codec.encode(blocks, variable, unit);
    this.#clock.lap('encode');
    const since = () => (performance.now() - started) / 1000;
    if (!this.#wants.errors) return { payload, seconds: since() };
    const decoded = known ?? (await this.#codec.decode(payload, variable, slab.blockCount));
    const values = merge(decoded, slab);
    this.#clock.lap('decode');
    const errors = measureErrors(merge(blocks, slab), values);
    const survey = this.#wants.survey
      ? surveyBlocks({ blocks, decoded, payload, slab }, scaledRows(blocks, payload, slab.k), share)
      : undefined;
    this.#clock.lap('measure');
    return {
      payload,
      errors,
      survey,
      seconds: since(),
      values: this.#wants.values ? values : undefined,
    };
  }

  /** The result of a unit that an earlier start has encoded; only its values are made anew, and all of it if it lacks its survey. */
  async restore(unit: Unit, result: SlabResult, share: number | undefined): Promise<SlabResult | SlabFailure> {
    if (this.#wants.survey && !result.survey) return this.process(unit, share);
    if (!this.#wants.values) return result;
    const variable = this.#plan.files[unit.file].variables[unit.variable];
    const values = await decodeSlab(this.#codec, result.payload, variable, unit.slab);
    this.#clock.lap('decode');
    return { ...result, values };
  }

  readonly #allocate = (bytes: number): ArrayBuffer => {
    if (this.#room.byteLength < bytes) this.#room = new ArrayBuffer(bytes);
    return this.#room;
  };

  close(): void {
    this.#file.close();
  }
}
