/**
 * Codes the quantised Gram coefficients of one block after the other. What a coefficient is likely to be is judged from those of
 * lower degree in the same block and from the same coefficient in the blocks before. docs/record.md lists every context.
 */
import type { ContextMixer } from './context-mixer.js';
import { bucket, buckets, NumberCoder } from './number-coder.js';
import { type Scan, scanOrder } from './scan-order.js';

const unary = 14;
const unaryStep = 20;
/** More than any count of shells: 3 · 7 + 1 at k = 8. */
const shellsEnd = 24;
/** Magnitudes count as this at most where they are a context. */
const cap = 4096;

export class CoefficientCoder {
  readonly #mixer: ContextMixer;
  readonly #scan: Scan;
  readonly #steps: NumberCoder;
  readonly #magnitudes: NumberCoder;
  /** First contexts of each sort. */
  readonly #shellsAt: readonly number[];
  readonly #stepAt: readonly number[];
  readonly #magnitudeAt: readonly number[];
  readonly #signAt: readonly number[];
  readonly #shellsSet: number;
  readonly #signSet: number;
  /** Of each coefficient in the blocks before: running mean of the magnitude in 2⁻⁸, last magnitude, last sign that was not 0. */
  readonly #mean: Int32Array;
  readonly #before: Int32Array;
  readonly #sign: Int8Array;
  /** In this block. */
  readonly #magnitude: Int32Array;
  #shells1 = 0;
  #shells2 = 0;
  #step1 = 0;
  #step2 = 0;
  /** Running mean of the steps in 2⁻⁶. */
  #meanStep = 0;

  constructor(mixer: ContextMixer, k: number) {
    const size = k ** 3;
    this.#mixer = mixer;
    this.#scan = scanOrder(k);
    this.#steps = new NumberCoder(mixer, unaryStep, 1);
    this.#magnitudes = new NumberCoder(mixer, unary, 3);
    this.#shellsAt = [shellsEnd ** 2, shellsEnd, shellsEnd, 1].map((count) => mixer.contexts(count * shellsEnd));
    this.#stepAt = [buckets, buckets, buckets, shellsEnd].map((count) => this.#steps.contexts(count));
    this.#magnitudeAt = [buckets ** 2 * 3, buckets * 25, size * buckets, size * shellsEnd].map((count) =>
      this.#magnitudes.contexts(count),
    );
    this.#signAt = [size * 3, 81 * 4, size * 27, 12].map((count) => mixer.contexts(count));
    this.#shellsSet = mixer.weightSets(1);
    this.#signSet = mixer.weightSets(1);
    this.#mean = new Int32Array(size);
    this.#before = new Int32Array(size);
    this.#sign = new Int8Array(size);
    this.#magnitude = new Int32Array(size);
  }

  /**
   * `coefficients` [k³] in scan order, the first as a step from its prediction: read by an encoder, written by a decoder (which
   * gives zeros). `counted`: their number of shells, see `shellsOf`; gives it too.
   */
  code(coefficients: Int32Array, counted: number): number {
    const shells = this.#codeShells(counted);
    coefficients[0] = this.#codeStep(coefficients[0], shells);
    const end = shells === 0 ? 1 : this.#scan.start[shells];
    this.#codeOthers(coefficients, shells, end);
    this.#remember(coefficients, end);
    return shells;
  }

  #codeShells(shells: number): number {
    const [one, two] = [this.#shells1, this.#shells2];
    const [a, b, c, d] = this.#shellsAt;
    const most = this.#scan.start.length - 1;
    let coded = 0;
    while (coded < most) {
      const bit = shells > coded ? 1 : 0;
      const places = [(one * shellsEnd + two) * shellsEnd, one * shellsEnd, ((one + two) >> 1) * shellsEnd];
      const [p, q, r] = places.map((place) => place + coded);
      if (this.#mixer.code(bit, a + p, b + q, c + r, d + coded, this.#shellsSet) === 0) break;
      coded++;
    }
    this.#shells2 = one;
    this.#shells1 = coded;
    return coded;
  }

  #codeStep(step: number, shells: number): number {
    const [a, b, c, d] = this.#stepAt;
    const large = this.#steps.code(
      Math.abs(step),
      a + bucket(this.#meanStep >> 2) * unaryStep,
      b + bucket(this.#step1) * unaryStep,
      c + bucket(this.#step2) * unaryStep,
      d + shells * unaryStep,
      0,
    );
    const capped = Math.min(large, cap);
    this.#meanStep += (capped * 64 - this.#meanStep) >> 2;
    this.#step2 = this.#step1;
    this.#step1 = capped;
    return large !== 0 && this.#mixer.codeEven(step < 0 ? 1 : 0) === 1 ? -large : large;
  }

  #codeOthers(coefficients: Int32Array, shells: number, end: number): void {
    const { degree, lower, lowest, beside } = this.#scan;
    const [mean, before, magnitude] = [this.#mean, this.#before, this.#magnitude];
    const [a, b, c, d] = this.#magnitudeAt;
    /** How large the coefficients of this block are beside their means: decaying sums of both. */
    let [sum, expected] = [0, 0];
    for (let i = 1; i < end; i++) {
      const n = 3 * i;
      const one = magnitude[lower[n]] + magnitude[lower[n + 1]] + magnitude[lower[n + 2]];
      const two = magnitude[lowest[n]] + magnitude[lowest[n + 1]] + magnitude[lowest[n + 2]];
      const side = magnitude[beside[n]] + magnitude[beside[n + 1]] + magnitude[beside[n + 2]];
      const scaled = bucket(Math.min(cap * 256, Math.floor((mean[i] * (sum + 77)) / (expected + 77))) >> 3);
      const near = bucket(one + 2 * two + side);
      const past = bucket((before[i] * 128 + (mean[i] >> 1)) >> 3);
      const tail = Math.min(shells - degree[i], 3) - 1;
      const value = this.#magnitudes.code(
        Math.abs(coefficients[i]),
        a + ((scaled * buckets + near) * 3 + tail) * unary,
        b + (past * 25 + Math.min(two, 4) * 5 + Math.min(one, 4)) * unary,
        c + (i * buckets + near) * unary,
        d + (i * shellsEnd + shells) * unary,
        tail,
      );
      magnitude[i] = Math.min(value, cap);
      coefficients[i] = value === 0 ? 0 : this.#codeSign(coefficients, i, value);
      sum += (magnitude[i] << 8) - (sum >> 3);
      expected += mean[i] - (expected >> 3);
    }
  }

  /** Of a coefficient that is not 0. */
  #codeSign(coefficients: Int32Array, i: number, magnitude: number): number {
    const [a, b, c, d] = this.#signAt;
    const { lowest } = this.#scan;
    const past = this.#sign[i] + 1;
    let near = 0;
    for (let n = 3 * i; n < 3 * i + 3; n++)
      near = 3 * near + (lowest[n] === 0 ? 1 : Math.sign(coefficients[lowest[n]]) + 1);
    const small = Math.min(magnitude, 3);
    const bit = this.#mixer.code(
      coefficients[i] < 0 ? 1 : 0,
      a + i * 3 + past,
      b + (near * 3 + past) * 4 + small,
      c + i * 27 + near,
      d + past * 4 + small,
      this.#signSet,
    );
    return bit === 1 ? -magnitude : magnitude;
  }

  #remember(coefficients: Int32Array, end: number): void {
    const [mean, magnitude] = [this.#mean, this.#magnitude];
    magnitude.fill(0, end);
    for (let i = 1; i < mean.length; i++) {
      mean[i] += (magnitude[i] * 256 - mean[i]) >> 5;
      if (magnitude[i] !== 0) this.#sign[i] = coefficients[i] < 0 ? -1 : 1;
      else if (i >= end) this.#sign[i] = 0;
    }
    this.#before.set(magnitude);
  }
}
