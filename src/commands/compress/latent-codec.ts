import { createLatentDecoder } from '../../decode/latent-decoder.js';
import { createEncoder, type Encoder, type Latents } from '../../engines/onnx/codec.js';
import type { Resources } from '../../engines/onnx/session.js';
import type { Transform } from '../../models/normalise.js';
import type { InferencePrecision, Quantised } from '../../models/quantise.js';
import { transformOf } from '../../models/scaling.js';
import { type BlockType, decoderGraph, encoderGraph, type Model } from '../../models/swae.js';
import type { SlabCodec } from './codec.js';
import { encodeBlocks } from './latent-blocks.js';
import type { Plan } from './plan.js';

/** The encoders and decoders that a plan's variables need. */
export async function createLatentCodec(
  model: Model,
  plan: Plan,
  resources: Resources,
  quantised?: Quantised,
): Promise<SlabCodec> {
  const { blockSize, latentSize } = model.architecture;
  const precision: InferencePrecision = quantised?.precision ?? 'float32';
  const options = { blockSize, latentSize, precision, ...resources };
  const encoders = new Map<string, Encoder<Latents>>();
  const transform = (path: string): Transform => (model.scaling && transformOf(model.scaling, path)) ?? 'pos_log';
  const key = (dtype: BlockType, path: string) => `${dtype} ${transform(path)}`;
  for (const { dtype, path } of plan.files.flatMap(({ variables }) => variables))
    if (!encoders.has(key(dtype, path)))
      encoders.set(
        key(dtype, path),
        await createEncoder(encoderGraph(model, dtype, transform(path), quantised), options),
      );
  const decoder = createLatentDecoder((dtype) => decoderGraph(model, dtype, quantised), options);
  return {
    async encode(blocks, variable) {
      const count = blocks.length / blockSize ** 3;
      return { payload: await encodeBlocks(encoders.get(key(variable.dtype, variable.path))!, blocks, count) };
    },
    decode: decoder.decode,
    async release() {
      for (const encoder of encoders.values()) await encoder.release();
      await decoder.release();
    },
  };
}
