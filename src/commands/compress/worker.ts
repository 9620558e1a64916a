import { decodeSlab } from '../../decode/slab-decoder.js';
import type { Blocks } from '../../engines/onnx/codec.js';
import { InputError } from '../../errors.js';
import { merge, split } from '../../io/blocks.js';
import { OpenFile } from '../open-file.js';
import type { SlabCodec } from './codec.js';
import { measureErrors } from './error-sums.js';
import type { Plan, Unit } from './plan.js';
import type { SlabFailure, SlabResult } from './result.js';
import type { StageClock } from './stages.js';

/** Does units: reads, encodes, decodes, measures. Keeps one source file open. */
export class Worker {
  readonly #plan: Plan;
  readonly #codec: SlabCodec;
  readonly #wantsValues: boolean;
  readonly #clock: StageClock;
  readonly #file = new OpenFile();

  constructor(plan: Plan, codec: SlabCodec, wantsValues: boolean, clock: StageClock) {
    this.#plan = plan;
    this.#codec = codec;
    this.#wantsValues = wantsValues;
    this.#clock = clock;
  }

  async process(unit: Unit): Promise<SlabResult | SlabFailure> {
    const started = performance.now();
    const { path, variables } = this.#plan.files[unit.file];
    const variable = variables[unit.variable];
    let blocks: Blocks;
    try {
      blocks = split(this.#file.open(path).readSlice(variable.path, unit.slab.read), unit.slab);
    } catch (error) {
      if (error instanceof InputError) return { failure: error.message };
      throw error;
    } finally {
      this.#clock.lap('read');
    }
    const { payload, decoded } = await this.#codec.encode(blocks, variable, unit);
    this.#clock.lap('encode');
    const values = merge(decoded ?? (await this.#codec.decode(payload, variable, unit.slab.blockCount)), unit.slab);
    this.#clock.lap('decode');
    const errors = measureErrors(merge(blocks, unit.slab), values);
    this.#clock.lap('measure');
    return {
      payload,
      errors,
      seconds: (performance.now() - started) / 1000,
      values: this.#wantsValues ? values : undefined,
    };
  }

  /** The result of a unit that an earlier start has encoded; only its values are made anew. */
  async restore(unit: Unit, result: SlabResult): Promise<SlabResult> {
    if (!this.#wantsValues) return result;
    const variable = this.#plan.files[unit.file].variables[unit.variable];
    const values = await decodeSlab(this.#codec, result.payload, variable, unit.slab);
    this.#clock.lap('decode');
    return { ...result, values };
  }

  close(): void {
    this.#file.close();
  }
}
