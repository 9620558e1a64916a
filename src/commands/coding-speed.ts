import { largestBatch } from '../engines/onnx/codec.js';
import type { Resources } from '../engines/onnx/session.js';
import { clockFor, itemsPerSecond } from '../engines/throughput.js';
import type { BlockType, Model } from '../models/swae.js';
import { openCodec } from './open-codec.js';

/** Blocks a second. */
export interface CodingSpeed {
  readonly encode: number;
  readonly decode: number;
}

export interface Conditions extends Resources {
  readonly type: BlockType;
}

/** About a second for each model; the best of nine longer rounds comes to the same within 5 %. */
const rounds = { rounds: 9, roundMs: 50 };

/** Normalisation, network and what the engine adds, in full batches; the best of several rounds; one thread by its processor time. */
export async function measureSpeed(model: Model, { type, ...conditions }: Conditions): Promise<CodingSpeed> {
  const count = largestBatch(conditions);
  const length = count * model.architecture.blockSize ** 3;
  const blocks = (type === 'float64' ? new Float64Array(length) : new Float32Array(length)).map(Math.random);
  const { encoder, decoder, release } = await openCodec(model, type, conditions);
  const encoded = await encoder.encode(blocks, count);
  const clock = clockFor(conditions.threads, conditions.device);
  const speed = {
    encode: await itemsPerSecond(count, () => encoder.encode(blocks, count), rounds, clock),
    decode: await itemsPerSecond(count, () => decoder.decode(encoded, count), rounds, clock),
  };
  await release();
  return speed;
}
