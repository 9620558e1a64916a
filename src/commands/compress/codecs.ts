import { createDecoder, createEncoder, type Decoder, type Encoder } from '../../engines/onnx/codec.js';
import type { Transform } from '../../models/normalise.js';
import { transformOf } from '../../models/scaling.js';
import { type BlockType, decoderGraph, encoderGraph, type Model } from '../../models/swae.js';
import type { Variable } from '../select.js';
import type { Plan } from './plan.js';

/** The encoders and decoders that a plan's variables need. */
export interface Codecs {
  encoderOf(variable: Variable): Encoder;
  decoderOf(variable: Variable): Decoder;
  release(): Promise<void>;
}

export async function createCodecs(model: Model, { files }: Plan, threads: number): Promise<Codecs> {
  const { blockSize, latentSize } = model.architecture;
  const options = { blockSize, latentSize, threads };
  const encoders = new Map<string, Encoder>();
  const decoders = new Map<BlockType, Decoder>();
  const transform = ({ path }: Variable): Transform => (model.scaling && transformOf(model.scaling, path)) ?? 'pos_log';
  const key = (variable: Variable) => `${variable.dtype} ${transform(variable)}`;
  for (const variable of files.flatMap(({ variables }) => variables)) {
    const { dtype } = variable;
    if (!encoders.has(key(variable)))
      encoders.set(key(variable), await createEncoder(encoderGraph(model, dtype, transform(variable)), options));
    if (!decoders.has(dtype)) decoders.set(dtype, await createDecoder(decoderGraph(model, dtype), options));
  }
  return {
    encoderOf: (variable) => encoders.get(key(variable))!,
    decoderOf: ({ dtype }) => decoders.get(dtype)!,
    async release() {
      for (const session of [...encoders.values(), ...decoders.values()]) await session.release();
    },
  };
}
