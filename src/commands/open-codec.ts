import {
  type CodecOptions,
  createDecoder,
  createEncoder,
  type Decoder,
  type Encoder,
  type Latents,
} from '../engines/onnx/codec.js';
import type { InferencePrecision, Quantised } from '../models/quantise.js';
import { type BlockType, decoderGraph, encoderGraph, type Model } from '../models/swae.js';

/** Both ways of one model, for blocks of one type. */
export interface Codec {
  readonly encoder: Encoder<Latents>;
  readonly decoder: Decoder;
  release(): Promise<void>;
}

/** As `compress` runs them, normalisation included; of an adaptive model those of variables that take logarithms. */
export async function openCodec(
  model: Model,
  type: BlockType,
  settings: Omit<CodecOptions, 'blockSize' | 'latentSize' | 'precision'>,
  quantised?: Quantised,
): Promise<Codec> {
  const { blockSize, latentSize } = model.architecture;
  const precision: InferencePrecision = quantised?.precision ?? 'float32';
  const options = { blockSize, latentSize, precision, ...settings };
  const encoder = await createEncoder(encoderGraph(model, type, 'pos_log', quantised), options);
  const decoder = await createDecoder(decoderGraph(model, type, quantised), options);
  return {
    encoder,
    decoder,
    async release() {
      await encoder.release();
      await decoder.release();
    },
  };
}
