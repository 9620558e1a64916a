import type { Blocks } from '../../engines/onnx/codec.js';
import type { Payload } from '../../io/archive/format.js';
import type { PlannedVariable, Unit } from './plan.js';

/** What a codec must know of a variable. */
export type CodedVariable = Pick<PlannedVariable, 'path' | 'dtype' | 'blockSize'>;

export interface SlabDecoder {
  /** Gives blocks [blocks, k, k, k]. */
  decode(payload: Payload, variable: CodedVariable, blocks: number): Promise<Blocks>;
  release(): Promise<void>;
}

export interface SlabCodec extends SlabDecoder {
  /** Of the blocks [blocks, k, k, k] of a unit: what is stored, and what a decoder makes of it where that is known. */
  encode(blocks: Blocks, variable: CodedVariable, unit: Unit): Promise<{ payload: Payload; decoded?: Blocks }>;
}
