import {
  concat,
  greater,
  reduceSum,
  reshape,
  type Shape,
  slice,
  square,
  subtract,
  type Value,
  where,
} from '../onnx/index.js';
import { linearise, otherSign, type Transform, transformBoth, transforms } from './normalise.js';

export interface Autoencoder {
  /** Normalised values [rows, k³] → latents [rows, L]. */
  encode(values: Value): Value;
  /** The inverse. */
  decode(latents: Value): Value;
}

/**
 * The latents of blocks [batch, k³] in the transform whose reconstruction x̂ has the smaller squared error, and the scale
 * that says which: `minmax` where Σ(x̂ − x)² is smaller than with `pos_log`. It is summed over t = (x − minimum) / range, which
 * cannot overflow; float32 suffices, since it rounds by far less than a network errs.
 */
export function encodeBetter(blocks: Value, { encode, decode }: Autoencoder): { latent: Value; scale: Value } {
  const { scale, ...forms } = transformBoth(blocks);
  const latents = encode(interleave(forms, blocks.shape));
  const [latent, decoded] = [latents, decode(latents)].map((rows) => separate(rows, blocks.shape));
  const error = (name: Transform) =>
    reduceSum(square(subtract(linearise(decoded[name], scale, name), forms.minmax)), [1]);
  const linear = greater(error('pos_log'), error('minmax'));
  return { latent: where(linear, latent.minmax, latent.pos_log), scale: where(linear, otherSign(scale), scale) };
}

/** Both forms of each block, one after the other: [2·batch, k³]. So the network meets them in one pass. */
function interleave(forms: Record<Transform, Value>, [, values]: Shape): Value {
  const pairs = transforms.map((name) => forms[name]);
  return reshape(concat(pairs, 1), ['forms', values]);
}

/** Undoes it: [2·batch, width] → a value [batch, width] for each transform. */
function separate(rows: Value, [batch]: Shape): Record<Transform, Value> {
  const width = rows.shape[1] as number;
  const pairs = reshape(rows, [batch, 2 * width]);
  return { pos_log: slice(pairs, 1, 0, width), minmax: slice(pairs, 1, width, 2 * width) };
}
