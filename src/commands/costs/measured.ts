import { batchSize, createDecoder, createEncoder } from '../../engines/onnx/codec.js';
import type { Device } from '../../engines/onnx/device.js';
import { itemsPerSecond } from '../../engines/throughput.js';
import { architecture, architectureNames } from '../../models/architectures.js';
import { initialParameters, parameterLayout } from '../../models/parameters.js';
import { type BlockType, decoderGraph, encoderGraph } from '../../models/swae.js';
import type { Coder } from './coder.js';
import { scaleBytes } from './peak.js';

export interface Conditions {
  readonly blockSize: number;
  readonly latentSize: number;
  readonly type: BlockType;
  readonly threads: number;
  readonly device: Device;
}

/** A second or two for each architecture. */
const rounds = { rounds: 5, roundMs: 80 };
const latentBytes = Float32Array.BYTES_PER_ELEMENT;

/** Every architecture, as it runs here: normalisation, network and what the engine adds, in full batches. */
export async function measureCoders(conditions: Conditions): Promise<Coder[]> {
  const coders: Coder[] = [];
  for (const name of architectureNames) coders.push(await measureCoder(name, conditions));
  return coders;
}

/** Speed does not depend on the values of the parameters: they are those that a training starts with. */
async function measureCoder(name: string, conditions: Conditions): Promise<Coder> {
  const { blockSize, latentSize, type } = conditions;
  const network = architecture(name, blockSize, latentSize);
  const parameters = initialParameters(parameterLayout(network), 1);
  const model = { architecture: network, normalisation: 'pos_log', parameters } as const;
  const length = batchSize * blockSize ** 3;
  const blocks = (type === 'float64' ? new Float64Array(length) : new Float32Array(length)).map(Math.random);
  const encoder = await createEncoder(encoderGraph(model, type), conditions);
  const decoder = await createDecoder(decoderGraph(model, type), conditions);
  const encoded = await encoder.encode(blocks, batchSize);
  const microseconds = async (run: () => Promise<unknown>) => 1e6 / (await itemsPerSecond(batchSize, run, rounds));
  const coder = {
    architecture: name,
    precision: 'float32',
    encodeMicroseconds: await microseconds(() => encoder.encode(blocks, batchSize)),
    decodeMicroseconds: await microseconds(() => decoder.decode(encoded, batchSize)),
    sentBytes: latentSize * latentBytes + scaleBytes(blocks.BYTES_PER_ELEMENT),
  };
  await encoder.release();
  await decoder.release();
  return coder;
}
