/**
 * Probabilities of bits from four contexts at once: each context keeps the frequency of ones that it has seen, and the four are
 * mixed in the logistic domain by weights that learn as they go (M. Mahoney, Adaptive Weighing of Context Models for
 * Lossless Data Compression, 2005, section 3). All arithmetic is on integers, so encoder and decoder agree on any machine.
 */
import type { BitCoder } from './range-coder.js';

/** Steps of the logistic domain: 256 ln(p / (1 − p)), cut at ±2047. */
const extreme = 2047;
/** squash[d + 2047] = 65536 / (1 + e^(−d/256)), rounded: 22 … 65514. */
export const squash = Uint16Array.from({ length: 2 * extreme + 1 }, (_, i) =>
  Math.round(65536 / (1 + Math.exp((extreme - i) / 256))),
);
/** stretch[p >> 4], its inverse: 256 ln(p / (1 − p)) in the middle of the step, rounded and cut. */
export const stretch = Int16Array.from({ length: 4096 }, (_, i) =>
  Math.max(-extreme, Math.min(extreme, Math.round(256 * Math.log((i + 0.5) / (4095.5 - i))))),
);
/** By how much the n-th bit in a context moves its probability: 1 / (n + 1.5), in 2⁻¹⁵. */
const lastCount = 250;
const rate = Int32Array.from({ length: lastCount + 1 }, (_, n) => Math.floor(32768 / (n + 1.5)));
/** In 2⁻¹⁶: 0.4 and 4. */
const firstWeight = 26214;
const largestWeight = 262143;

export class ContextMixer {
  readonly #coder: BitCoder;
  #probability = new Uint16Array(0);
  #count = new Uint8Array(0);
  #weights = new Int32Array(0);

  constructor(coder: BitCoder) {
    this.#coder = coder;
  }

  /** Adds `count` contexts; gives the number of the first. */
  contexts(count: number): number {
    const first = this.#count.length;
    const probability = new Uint16Array(first + count).fill(32768);
    probability.set(this.#probability);
    this.#probability = probability;
    this.#count = new Uint8Array(first + count);
    return first;
  }

  /** Adds `count` sets of weights; gives the number of the first. */
  weightSets(count: number): number {
    const first = this.#weights.length / 4;
    this.#weights = new Int32Array(this.#weights.length + 4 * count).fill(firstWeight);
    return first;
  }

  /** Codes a bit in four contexts, all different, with one set of weights. Decoders ignore `bit` and give what they read. */
  code(bit: number, a: number, b: number, c: number, d: number, set: number): number {
    const [probability, weights] = [this.#probability, this.#weights];
    const w = 4 * set;
    const sa = stretch[probability[a] >> 4];
    const sb = stretch[probability[b] >> 4];
    const sc = stretch[probability[c] >> 4];
    const sd = stretch[probability[d] >> 4];
    const dot =
      ((weights[w] * sa) >> 8) +
      ((weights[w + 1] * sb) >> 8) +
      ((weights[w + 2] * sc) >> 8) +
      ((weights[w + 3] * sd) >> 8);
    const mixed = squash[Math.max(-extreme, Math.min(extreme, dot >> 8)) + extreme];
    const coded = this.#coder.code(bit, mixed);
    const error = (coded << 16) - mixed;
    this.#learn(w, sa, error);
    this.#learn(w + 1, sb, error);
    this.#learn(w + 2, sc, error);
    this.#learn(w + 3, sd, error);
    this.#see(a, coded);
    this.#see(b, coded);
    this.#see(c, coded);
    this.#see(d, coded);
    return coded;
  }

  /** Codes a bit in one context, with its frequency there as the probability. */
  codeAlone(bit: number, context: number): number {
    const coded = this.#coder.code(bit, this.#probability[context]);
    this.#see(context, coded);
    return coded;
  }

  /** A bit that is as often 0 as 1. */
  codeEven(bit: number): number {
    return this.#coder.code(bit, 32768);
  }

  #learn(weight: number, stretched: number, error: number): void {
    const learned = this.#weights[weight] + ((stretched * error) >> 14);
    this.#weights[weight] = Math.max(-largestWeight, Math.min(largestWeight, learned));
  }

  /** Towards 65519 or 16 of 65536, so that no context is ever certain. */
  #see(context: number, bit: number): void {
    const count = this.#count[context];
    const p = this.#probability[context];
    this.#probability[context] = p + (((bit === 1 ? 65519 - p : 16 - p) * rate[count]) >> 15);
    if (count < lastCount) this.#count[context] = count + 1;
  }
}
