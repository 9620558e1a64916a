import type { Blocks, Encoder, Latents } from '../../engines/onnx/codec.js';
import { blockCode, type LatentPayload } from '../../io/archive/format.js';

/** blocks [count, k, k, k] → what is stored of them. Constant blocks keep one value, those not finite every value. */
export async function encodeBlocks(encoder: Encoder<Latents>, blocks: Blocks, count: number): Promise<LatentPayload> {
  const { latent, scale } = await encoder.encode(blocks, count);
  const [valuesPerBlock, latentSize] = [blocks.length / count, latent.length / count];
  const code = new Uint8Array(count);
  const constants: number[] = [];
  const exact: Blocks[] = [];
  let encoded = 0;
  for (let block = 0; block < count; block++) {
    const range = scale[2 * block + 1];
    const values = blocks.subarray(block * valuesPerBlock, (block + 1) * valuesPerBlock);
    if (range === 0 && isUniform(values)) {
      code[block] = blockCode.constant;
      constants.push(values[0]);
    } else if (range === 0 || !Number.isFinite(range)) {
      code[block] = blockCode.exact;
      exact.push(values);
    } else {
      latent.copyWithin(encoded * latentSize, block * latentSize, (block + 1) * latentSize);
      scale.copyWithin(encoded * 2, block * 2, block * 2 + 2);
      encoded++;
    }
  }
  return {
    code,
    latent: latent.subarray(0, encoded * latentSize),
    scale: scale.subarray(0, encoded * 2),
    constant: scale instanceof Float64Array ? Float64Array.from(constants) : Float32Array.from(constants),
    exact: concatenate(exact, scale),
  };
}

/** Whether all values have the same bits: 0 and −0 differ. */
function isUniform(values: Blocks): boolean {
  for (let i = 1; i < values.length; i++) if (!Object.is(values[i], values[0])) return false;
  return true;
}

function concatenate(parts: readonly Blocks[], like: Blocks): Blocks {
  const joined = emptyLike(
    like,
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let start = 0;
  for (const part of parts) {
    joined.set(part, start);
    start += part.length;
  }
  return joined;
}

function emptyLike(values: Blocks, length: number): Blocks {
  return values instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
}
