/** From what is stored of a block to its values. All in float64, in an order that docs/record.md fixes: the same bits on any machine. */
import type { CodedBlock } from './block-coder.js';
import { GramTransform } from './gram.js';
import { type Scan, scanOrder } from './scan-order.js';

/** The first coefficient of a block, √k³ times its mean, has a step so many times that of the others: its error is spread over all values. */
export const firstStep = 4;

/** 2^(−i/8), i = 0 … 7, as the nearest float64. */
const eighths = [
  1,
  0.9170040432046712,
  0.8408964152537145,
  0.7711054127039704,
  Math.SQRT1_2,
  0.6484197773255048,
  0.5946035575013605,
  0.5452538663326288,
];

/** 2^(−fineness/8) */
export function fineScale(fineness: number): number {
  return eighths[fineness & 7] * 2 ** -(fineness >> 3);
}

export class Reconstruction {
  readonly transform: GramTransform;
  readonly scan: Scan;
  /** [k³] Zeros outside of `values`. */
  readonly #coefficients: Float64Array;
  /** The first coefficient of the block before. */
  #before = 0;

  constructor(k: number) {
    this.transform = new GramTransform(k);
    this.scan = scanOrder(k);
    this.#coefficients = new Float64Array(k ** 3);
  }

  /** Of the first coefficient, in its steps; 0 where the block before is too large for that. */
  predict(step: number): number {
    const steps = Math.floor(this.#before / (firstStep * step) + 0.5);
    return Math.abs(steps) <= Number.MAX_SAFE_INTEGER ? steps : 0;
  }

  /** Values of a block of coefficients, before they are rounded to the type of the data; `step` is that of this block, `bound` too. */
  values(block: CodedBlock, step: number, bound: number, values: Float64Array): void {
    const { place, start } = this.scan;
    const coefficients = this.#coefficients;
    const end = block.shells === 0 ? 1 : start[block.shells];
    this.#before = (this.predict(step) + block.coefficients[0]) * (firstStep * step);
    coefficients[0] = this.#before;
    for (let i = 1; i < end; i++) coefficients[place[i]] = block.coefficients[i] * step;
    this.transform.inverse(coefficients, Math.max(1, block.shells), values);
    for (let i = 1; i < end; i++) coefficients[place[i]] = 0;
    const { at, amount, count } = block.corrections;
    for (let i = 0; i < count; i++) values[at[i]] += amount[i] * (2 * bound);
  }

  /** After a block that is stored otherwise: its first value. */
  follow(value: number): void {
    this.#before = Number.isFinite(value) ? value * Math.sqrt(this.scan.place.length) : 0;
  }
}
