import type { Blocks, Decoder } from '../../engines/onnx/codec.js';
import { InputError } from '../../errors.js';
import type { Payload } from '../../io/archive/format.js';
import { merge, type Slab, split } from '../../io/blocks.js';
import { openSource, type Source } from '../../io/hdf5/source.js';
import { decodeBlocks, encodeBlocks, measureErrors } from './blocks.js';
import type { Codecs } from './codecs.js';
import type { Plan, Unit } from './plan.js';
import type { SlabFailure, SlabResult } from './result.js';

/** Does units: reads, encodes, decodes, measures. Keeps one source file open. */
export class Worker {
  readonly #plan: Plan;
  readonly #codecs: Codecs;
  readonly #wantsValues: boolean;
  #source: Source | undefined;

  constructor(plan: Plan, codecs: Codecs, wantsValues: boolean) {
    this.#plan = plan;
    this.#codecs = codecs;
    this.#wantsValues = wantsValues;
  }

  async process(unit: Unit): Promise<SlabResult | SlabFailure> {
    const started = performance.now();
    const { path, variables } = this.#plan.files[unit.file];
    const variable = variables[unit.variable];
    let blocks: Blocks;
    try {
      blocks = split(this.#open(path).readSlice(variable.path, unit.slab.read), unit.slab);
    } catch (error) {
      if (error instanceof InputError) return { failure: error.message };
      throw error;
    }
    const payload = await encodeBlocks(this.#codecs.encoderOf(variable), blocks, unit.slab.blockCount);
    const decoded = await decodeBlocks(this.#codecs.decoderOf(variable), payload, unit.slab.k ** 3);
    const values = merge(decoded, unit.slab);
    const errors = measureErrors(merge(blocks, unit.slab), values);
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
    return { ...result, values: await decodeSlab(this.#codecs.decoderOf(variable), result.payload, unit.slab) };
  }

  close(): void {
    this.#source?.close();
    this.#source = undefined;
  }

  #open(path: string): Source {
    if (this.#source?.path !== path) {
      this.close();
      this.#source = openSource(path);
    }
    return this.#source;
  }
}

/** The values of a slab's owned box. */
export async function decodeSlab(decoder: Decoder, payload: Payload, slab: Slab): Promise<Blocks> {
  return merge(await decodeBlocks(decoder, payload, slab.k ** 3), slab);
}
