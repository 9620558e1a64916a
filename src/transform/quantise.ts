/** From the values of one block to what is stored of it, checked as a decoder will see it. */
import { type CodedBlock, emptyBlock } from './block-coder.js';
import { firstStep, Reconstruction } from './reconstruction.js';
import { shellsOf } from './scan-order.js';

/** A coefficient is rounded up from 0.55 of a step, not 0.5: most are near 0, and zeros are cheap. */
const rounding = 0.45;
/** Larger numbers are not coded. */
const largest = 2 ** 30;
/** Bits of a coefficient that is not 0, beside those of its magnitude. */
const bitsOfOne = 2;

/** Of a coefficient in its steps. */
export function roundToSteps(exact: number): number {
  return Math.trunc(exact < 0 ? exact - rounding : exact + rounding);
}

/** |value − decoded| ≤ bound, of real numbers: what float64 rounds down to the bound is not within. */
export function isWithin(value: number, decoded: number, bound: number): boolean {
  const difference = value - decoded;
  if (Math.abs(difference) !== bound) return Math.abs(difference) < bound;
  // What was lost by rounding (D. E. Knuth, The Art of Computer Programming 2, 4.2.2, theorem B).
  const other = difference - value;
  const lost = value - (difference - other) - (decoded + other);
  return lost === 0 || lost < 0 === difference > 0;
}

export class Quantiser {
  readonly block: CodedBlock;
  readonly reconstruction: Reconstruction;
  readonly #coefficients: Float64Array;
  readonly #values: Float64Array;
  readonly #decoded: Float64Array;

  constructor(k: number) {
    this.block = emptyBlock(k);
    this.reconstruction = new Reconstruction(k);
    this.#coefficients = new Float64Array(k ** 3);
    this.#values = new Float64Array(k ** 3);
    this.#decoded = new Float64Array(k ** 3);
  }

  /**
   * Fills `block` but for its form and fineness, so that each of the finite `values` [k³] is within the bound (0: none) when decoded
   * and rounded to their type. False where they are better kept as they are.
   */
  quantise(values: Float32Array | Float64Array, step: number, bound: number): boolean {
    const bits = this.#toSteps(values, step);
    if (!(bits < values.byteLength * 8)) return false;
    this.reconstruction.values(withoutCorrections(this.block), step, bound, this.#decoded);
    if (bound > 0) this.#correct(values, bound);
    else if (!this.#staysFinite(values)) return false;
    return this.block.exceptions.count < values.length / 4;
  }

  /** Gives about the number of bits that the coefficients take; infinite where one is too large. */
  #toSteps(values: Float32Array | Float64Array, step: number): number {
    const { place } = this.reconstruction.scan;
    const [coefficients, steps] = [this.#coefficients, this.block.coefficients];
    this.#values.set(values);
    this.reconstruction.transform.forward(this.#values, coefficients);
    const first = Math.floor(coefficients[0] / (firstStep * step) + 0.5) - this.reconstruction.predict(step);
    if (!(Math.abs(first) < largest)) return Number.POSITIVE_INFINITY;
    steps[0] = first;
    let bits = 0;
    for (let i = 1; i < steps.length; i++) {
      const exact = coefficients[place[i]] / step;
      if (!(Math.abs(exact) < largest)) return Number.POSITIVE_INFINITY;
      const rounded = roundToSteps(exact);
      steps[i] = rounded;
      if (rounded !== 0) bits += bitsOfOne + 31 - Math.clz32(Math.abs(rounded));
    }
    this.block.shells = shellsOf(this.reconstruction.scan, steps);
    return bits;
  }

  /** Without a bound a large step may reach beyond the largest number of the type. */
  #staysFinite(values: Float32Array | Float64Array): boolean {
    const decoded = this.#decoded;
    return decoded.every((value) => Number.isFinite(values instanceof Float32Array ? Math.fround(value) : value));
  }

  /** What misses the bound is moved by a multiple of twice the bound; what misses it even so is an exception. */
  #correct(values: Float32Array | Float64Array, bound: number): void {
    const { corrections, exceptions } = this.block;
    const decoded = this.#decoded;
    const isSingle = values instanceof Float32Array;
    for (let i = 0; i < values.length; i++) {
      const stored = isSingle ? Math.fround(decoded[i]) : decoded[i];
      if (isWithin(values[i], stored, bound)) continue;
      const amount = Math.round((values[i] - decoded[i]) / (2 * bound));
      const moved = decoded[i] + amount * (2 * bound);
      const isMended = isWithin(values[i], isSingle ? Math.fround(moved) : moved, bound);
      if (isMended && amount !== 0 && Math.abs(amount) < largest) {
        corrections.at[corrections.count] = i;
        corrections.amount[corrections.count++] = amount;
      } else exceptions.at[exceptions.count++] = i;
    }
  }
}

function withoutCorrections(block: CodedBlock): CodedBlock {
  block.corrections.count = 0;
  block.exceptions.count = 0;
  return block;
}
