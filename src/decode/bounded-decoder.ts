import type { Blocks } from '../engines/onnx/codec.js';
import { decode } from '../transform/decode.js';
import type { SlabDecoder } from './slab-decoder.js';

export function createBoundedDecoder(): SlabDecoder {
  return {
    async decode(payload, { dtype, blockSize }, count) {
      if (!('record' in payload)) throw new TypeError('expected a record, got latents');
      const blocks: Blocks = new (dtype === 'float64' ? Float64Array : Float32Array)(count * blockSize ** 3);
      decode(payload.record, blockSize, blocks);
      return blocks;
    },
    async release() {},
  };
}
