import type { Blocks } from '../engines/onnx/codec.js';
import type { Payload, VariableDtype } from '../io/archive/format.js';
import { merge, type Slab } from '../io/blocks.js';

/** What a decoder must know of a variable. */
export interface CodedVariable {
  /** Inside its file, from the root: "/U_CHI". */
  readonly path: string;
  readonly dtype: VariableDtype;
  /** Of the blocks that it is cut into. */
  readonly blockSize: number;
}

export interface SlabDecoder {
  /** Gives blocks [blocks, k, k, k]. */
  decode(payload: Payload, variable: CodedVariable, blocks: number): Promise<Blocks>;
  release(): Promise<void>;
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
