import { type Blocks, type CodecOptions, createDecoder, type Decoder } from '../engines/onnx/codec.js';
import { blockCode, type LatentPayload, type Payload, type VariableDtype } from '../io/archive/format.js';
import type { SlabDecoder } from './slab-decoder.js';

/** `graphOf` is asked once for each type that occurs. */
export function createLatentDecoder(graphOf: (dtype: VariableDtype) => Uint8Array, options: CodecOptions): SlabDecoder {
  const decoders = new Map<VariableDtype, Decoder>();
  return {
    async decode(payload, { dtype }) {
      if (!decoders.has(dtype)) decoders.set(dtype, await createDecoder(graphOf(dtype), options));
      return decodeBlocks(decoders.get(dtype)!, latentsOf(payload), options.blockSize ** 3);
    },
    async release() {
      for (const decoder of decoders.values()) await decoder.release();
    },
  };
}

/** The inverse of `encodeBlocks`: blocks [code.length, k, k, k]. */
async function decodeBlocks(decoder: Decoder, payload: LatentPayload, valuesPerBlock: number): Promise<Blocks> {
  const { code, scale, constant, exact } = payload;
  const encoded = scale.length / 2;
  const decoded = await decoder.decode({ latent: payload.latent, scale }, encoded);
  if (encoded === code.length) return decoded;
  const size = code.length * valuesPerBlock;
  const blocks: Blocks = scale instanceof Float64Array ? new Float64Array(size) : new Float32Array(size);
  const next = [0, 0, 0];
  for (let block = 0; block < code.length; block++) {
    const target = blocks.subarray(block * valuesPerBlock, (block + 1) * valuesPerBlock);
    const from = next[code[block]]++;
    if (code[block] === blockCode.constant) target.fill(constant[from]);
    else {
      const source = code[block] === blockCode.exact ? exact : decoded;
      target.set(source.subarray(from * valuesPerBlock, (from + 1) * valuesPerBlock));
    }
  }
  return blocks;
}

function latentsOf(payload: Payload): LatentPayload {
  if ('record' in payload) throw new TypeError('expected latents, got a record');
  return payload;
}
