/** A trained model in numbers of eight bits: the same graphs with another network inside, and latents of a byte each. */
import { type DataType, type GraphInterface, input, reduceMean, square, subtract } from '../onnx/index.js';
import { decode, encode, fixed, folded, type Model } from './autoencoder.js';
import type { Calibration } from './calibration.js';
import type { Autoencoder } from './dual.js';
import { dynamicInt8Coder } from './dynamic-int8.js';
import { float8Pass } from './float8-pass.js';
import type { Pass } from './forward.js';
import { int8Coder } from './int8.js';
import { float8Latents, int8Latents, type LatentCode } from './latents.js';

/** `int8`: activations on scales that were calibrated, `int8-dynamic`: on those of each batch. */
export const inferencePrecisions = ['float32', 'float8', 'int8', 'int8-dynamic'] as const;
export type InferencePrecision = (typeof inferencePrecisions)[number];

/** How latents leave the encoder and enter the decoder. */
export const latentTypes = {
  float32: 'float32',
  float8: 'uint8',
  int8: 'int8',
  'int8-dynamic': 'int8',
} as const satisfies Record<InferencePrecision, DataType>;

export interface Quantised {
  readonly precision: Exclude<InferencePrecision, 'float32'>;
  readonly calibration: Calibration;
  /** True: the network stays in float32, only its latents are of a byte each. */
  readonly latentsOnly?: boolean;
}

export function latentCode({ precision, calibration }: Quantised): LatentCode {
  const largest = calibration['decoder.0'];
  return precision === 'float8' ? float8Latents(largest) : int8Latents(largest);
}

/** `model`: without batch normalisation (see `folded`). */
export function coderOf(model: Model, quantised?: Quantised): Autoencoder {
  if (!quantised || quantised.latentsOnly) return floatCoder(model, fixed(model));
  if (quantised.precision === 'float8') return floatCoder(model, float8Pass(model, quantised.calibration));
  return quantised.precision === 'int8' ? int8Coder(model, quantised.calibration) : dynamicInt8Coder(model);
}

function floatCoder(model: Model, pass: Pass): Autoencoder {
  return { encode: (values) => encode(model, values, pass), decode: (latents) => decode(model, latents, pass) };
}

/** Normalised values [batch, k³] → `errors` [batch]: the mean squared error of each after coding and decoding, latents as stored. */
export function codingErrorGraph(trained: Model, quantised?: Quantised): GraphInterface {
  const model = folded(trained);
  const values = input('values', 'float32', ['batch', model.architecture.blockSize ** 3]);
  const coder = coderOf(model, quantised);
  const latents = coder.encode(values);
  const code = quantised && latentCode(quantised);
  const decoded = coder.decode(code ? code.read(code.write(latents)) : latents);
  return { inputs: { values }, outputs: { errors: reduceMean(square(subtract(decoded, values)), [1]) } };
}
