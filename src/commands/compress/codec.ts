import type { Blocks } from '../../engines/onnx/codec.js';
import type { Payload } from '../../io/archive/format.js';
import type { PlannedVariable } from './plan.js';

/** What a codec must know of a variable. */
export type CodedVariable = Pick<PlannedVariable, 'path' | 'dtype' | 'blockSize'>;

export interface SlabDecoder {
  /** Gives blocks [blocks, k, k, k]. */
  decode(payload: Payload, variable: CodedVariable, blocks: number): Promise<Blocks>;
  release(): Promise<void>;
}

export interface SlabCodec extends SlabDecoder {
  /** Of blocks [blocks, k, k, k] of a variable of a file (its index in the plan): what is stored, and what a decoder makes of it. */
  encode(blocks: Blocks, variable: CodedVariable, file: number): Promise<{ payload: Payload; decoded: Blocks }>;
}
