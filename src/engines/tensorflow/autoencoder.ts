import type { Tensor } from '@tensorflow/tfjs-core';
import { gain, isUnitScaled, middle } from '../../models/normalise.js';
import { type ParameterLayout, views } from '../../models/parameters.js';
import type { Network } from '../../models/swae.js';
import { createForward, type Forward } from './forward.js';
import type { Tensorflow } from './load.js';

export interface Autoencoder {
  /** Normalised values [batch, k³] → latents [batch, L]. */
  readonly encode: Forward;
  /** The inverse. */
  readonly decode: Forward;
}

export function createAutoencoder(tf: Tensorflow, { architecture, normalisation }: Network): Autoencoder {
  const encoder = createForward(tf, architecture.encoder, 'encoder');
  const decoder = createForward(tf, architecture.decoder, 'decoder');
  if (!isUnitScaled(normalisation)) return { encode: encoder, decode: decoder };
  return {
    encode: (values, pass) => encoder(tf.mul(tf.sub(values, middle), gain), pass),
    decode: (latents, pass) => tf.add(tf.div(decoder(latents, pass), gain), middle),
  };
}

/** Tensors of the parameters by name, which hold no part of `flat`. */
export function parameterTensors(
  tf: Tensorflow,
  layout: ParameterLayout,
  flat: Float32Array<ArrayBuffer>,
): Map<string, Tensor> {
  return new Map(
    [...views(layout, flat)].map(([name, { data, shape }]) => [name, tf.tensor(data.slice(), [...shape])]),
  );
}
