import type { CodedVariable, SlabDecoder } from '../../decode/slab-decoder.js';
import type { Blocks } from '../../engines/onnx/codec.js';
import type { Payload } from '../../io/archive/format.js';
import type { Unit } from './plan.js';

export interface SlabCodec extends SlabDecoder {
  /** Of the blocks [blocks, k, k, k] of a unit: what is stored, and what a decoder makes of it where that is known. */
  encode(blocks: Blocks, variable: CodedVariable, unit: Unit): Promise<{ payload: Payload; decoded?: Blocks }>;
}
