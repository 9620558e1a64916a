/** Codes what is stored of one block after the other; the same code writes and reads. */
import { CoefficientCoder } from './coefficient-coder.js';
import { ContextMixer } from './context-mixer.js';
import { bucket, buckets } from './number-coder.js';
import type { BitCoder } from './range-coder.js';

/** How a block is stored: as coefficients, as one value, or as all its values bit for bit. */
export const blockForm = { coefficients: 0, constant: 1, raw: 2 } as const;

/** Places in a block, ascending. */
export interface Places {
  count: number;
  /** [k³], the first `count` of them in use. */
  readonly at: Uint16Array;
}

/** What the stream says of a block. */
export interface CodedBlock {
  /** One of `blockForm`; the rest has a meaning for coefficients alone. */
  form: number;
  /** The block's step and bound are those of the stream times 2^(−fineness/8). */
  fineness: number;
  /** [k³] in scan order, the first as a step from its prediction. */
  readonly coefficients: Int32Array;
  /** Of the coefficients, see `shellsOf`. */
  shells: number;
  /** Values that would miss the bound, and how many times twice the bound is to be added: not 0. */
  readonly corrections: Places & { readonly amount: Int32Array };
  /** Values that are kept bit for bit. */
  readonly exceptions: Places;
}

export function emptyBlock(k: number): CodedBlock {
  const size = k ** 3;
  return {
    form: blockForm.coefficients,
    fineness: 0,
    coefficients: new Int32Array(size),
    shells: 0,
    corrections: { count: 0, at: new Uint16Array(size), amount: new Int32Array(size) },
    exceptions: { count: 0, at: new Uint16Array(size) },
  };
}

/** Numbers here are coded by one choice after the other up to this, then as Exp-Golomb codes. */
const unary = 12;

export class BlockCoder {
  readonly #size: number;
  readonly #mixer: ContextMixer;
  readonly #coefficients: CoefficientCoder;
  /** First contexts. */
  readonly #at: { form: number; move: number; moveSign: number; count: number; gap: number; amount: number };
  readonly #exceptionsAt: number;
  #form: number = blockForm.coefficients;
  #fineness = 0;
  #move = 0;
  #count = 0;

  constructor(coder: BitCoder, k: number) {
    const mixer = new ContextMixer(coder);
    this.#size = k ** 3;
    this.#mixer = mixer;
    this.#coefficients = new CoefficientCoder(mixer, k);
    this.#at = {
      form: mixer.contexts(3 * unary),
      move: mixer.contexts(4 * unary),
      moveSign: mixer.contexts(1),
      count: mixer.contexts(buckets * unary),
      gap: mixer.contexts(unary),
      amount: mixer.contexts(unary),
    };
    this.#exceptionsAt = mixer.contexts(unary);
  }

  /** An encoder reads `block`; a decoder fills it in, and expects coefficients of 0. */
  code(block: CodedBlock): void {
    const { form, move, moveSign } = this.#at;
    block.form = this.#codeNumber(block.form, form + this.#form * unary);
    this.#form = Math.min(block.form, blockForm.raw);
    if (block.form !== blockForm.coefficients) return;
    const step = block.fineness - this.#fineness;
    const size = this.#codeNumber(Math.abs(step), move + Math.min(this.#move, 3) * unary);
    const isDown = size > 0 && this.#mixer.codeAlone(step < 0 ? 1 : 0, moveSign) === 1;
    this.#fineness += isDown ? -size : size;
    this.#move = size;
    block.fineness = this.#fineness;
    block.shells = this.#coefficients.code(block.coefficients, block.shells);
    this.#codeCorrections(block.corrections);
    this.#codePlaces(block.exceptions, this.#exceptionsAt);
  }

  #codeCorrections(corrections: CodedBlock['corrections']): void {
    this.#codePlaces(corrections, this.#at.count + bucket(this.#count) * unary);
    this.#count = corrections.count;
    for (let i = 0; i < corrections.count; i++) {
      const amount = corrections.amount[i];
      const size = 1 + this.#codeNumber(Math.abs(amount) - 1, this.#at.amount);
      corrections.amount[i] = this.#mixer.codeEven(amount < 0 ? 1 : 0) === 1 ? -size : size;
    }
  }

  /** How many, in the contexts from `countAt` on, then the gaps between them: their low bits, as many as the mean gap has, are even. */
  #codePlaces(places: Places, countAt: number): void {
    places.count = Math.min(this.#size, this.#codeNumber(places.count, countAt));
    const bits = 31 - Math.clz32(Math.floor(this.#size / (places.count + 1)) | 1);
    let next = 0;
    for (let i = 0; i < places.count; i++) {
      const gap = places.at[i] - next;
      let coded = this.#codeNumber(gap >> bits, this.#at.gap);
      for (let bit = bits - 1; bit >= 0; bit--) coded = 2 * coded + this.#mixer.codeEven((gap >> bit) & 1);
      places.at[i] = Math.min(this.#size - 1, next + coded);
      next = places.at[i] + 1;
    }
  }

  /** A number from 0 to 2³⁰, each choice in one context of those from `at` on. */
  #codeNumber(value: number, at: number): number {
    for (let coded = 0; coded < unary; coded++)
      if (this.#mixer.codeAlone(value > coded ? 1 : 0, at + coded) === 0) return coded;
    const rest = value - unary + 1;
    const length = 31 - Math.clz32(rest);
    let bits = 0;
    while (bits < 30 && this.#mixer.codeEven(bits < length ? 1 : 0) === 1) bits++;
    let coded = 1;
    for (let bit = bits - 1; bit >= 0; bit--) coded = 2 * coded + this.#mixer.codeEven((rest >> bit) & 1);
    return unary + coded - 1;
  }
}
