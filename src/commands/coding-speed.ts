import { batchSize, createDecoder, createEncoder } from '../engines/onnx/codec.js';
import type { Device } from '../engines/onnx/device.js';
import { clockFor, itemsPerSecond } from '../engines/throughput.js';
import { type BlockType, decoderGraph, encoderGraph, type Model } from '../models/swae.js';

/** Blocks a second. */
export interface CodingSpeed {
  readonly encode: number;
  readonly decode: number;
}

export interface Conditions {
  readonly type: BlockType;
  readonly threads: number;
  readonly device: Device;
}

/** Some three seconds for each model. */
const rounds = { rounds: 9, roundMs: 150 };

/** Normalisation, network and what the engine adds, in full batches; the best of several rounds; one thread by its processor time. */
export async function measureSpeed(model: Model, { type, ...conditions }: Conditions): Promise<CodingSpeed> {
  const { blockSize, latentSize } = model.architecture;
  const length = batchSize * blockSize ** 3;
  const blocks = (type === 'float64' ? new Float64Array(length) : new Float32Array(length)).map(Math.random);
  const encoder = await createEncoder(encoderGraph(model, type), { blockSize, latentSize, ...conditions });
  const decoder = await createDecoder(decoderGraph(model, type), { blockSize, latentSize, ...conditions });
  const encoded = await encoder.encode(blocks, batchSize);
  const clock = clockFor(conditions.threads, conditions.device);
  const speed = {
    encode: await itemsPerSecond(batchSize, () => encoder.encode(blocks, batchSize), rounds, clock),
    decode: await itemsPerSecond(batchSize, () => decoder.decode(encoded, batchSize), rounds, clock),
  };
  await encoder.release();
  await decoder.release();
  return speed;
}
