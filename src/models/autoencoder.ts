import { constant, type Value } from '../onnx/index.js';
import type { Architecture } from './architectures.js';
import { foldBatchNorm } from './batch-norm.js';
import { forward, type Pass } from './forward.js';
import { center, type Normalisation, uncenter } from './normalise.js';
import { parameterLayout, views } from './parameters.js';
import type { Scaling } from './scaling.js';

/** A model but for its parameters. */
export interface Network {
  readonly architecture: Architecture;
  readonly normalisation: Normalisation;
}

/** What is needed to encode and decode; `parameters` is flat, laid out by `parameterLayout`. */
export interface Model extends Network {
  readonly parameters: Float32Array<ArrayBuffer>;
  /** Of an `adaptive` model, and of no other. */
  readonly scaling?: Scaling | undefined;
}

/** The same model at inference; see `foldBatchNorm`. */
export function folded(model: Model): Model {
  return { ...model, ...foldBatchNorm(model.architecture, model.parameters) };
}

/** Normalised values [batch, k³] → latents [batch, L]. */
export function encode({ architecture, normalisation }: Network, values: Value, pass: Pass): Value {
  return forward(architecture.encoder, 'encoder', center(values, normalisation), pass);
}

/** Latents [batch, L] → normalised values [batch, k³]. */
export function decode({ architecture, normalisation }: Network, latents: Value, pass: Pass): Value {
  return uncenter(forward(architecture.decoder, 'decoder', latents, pass), normalisation);
}

/** The model's own parameters, as constants of the graph. */
export function fixed({ architecture, parameters }: Model): Pass {
  const byName = views(parameterLayout(architecture), parameters);
  return {
    parameter(name) {
      const { data, shape } = byName.get(name)!;
      return constant(data, shape);
    },
  };
}
