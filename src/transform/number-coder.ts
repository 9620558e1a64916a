/** Codes whole numbers bit by bit in contexts. */
import type { ContextMixer } from './context-mixer.js';

/** Half octaves: 0, 1, 2, 3, 4–5, 6–7, 8–11, … up to 23. */
export const buckets = 24;
export function bucket(n: number): number {
  if (n < 2) return n;
  const bits = 31 - Math.clz32(n);
  return Math.min(buckets - 1, 2 * bits + ((n >> (bits - 1)) & 1));
}

/** More bits than any number here has. */
const longest = 32;

/** Codes numbers from 0 to 2³⁰ of one kind, small ones in few bits: up to `unary` by one choice after the other, then as Exp-Golomb codes. */
export class NumberCoder {
  readonly #mixer: ContextMixer;
  readonly #unary: number;
  readonly #set: number;
  readonly #lengthAt: number;
  readonly #lengthSet: number;
  /** Bits of the last two numbers that were Exp-Golomb coded. */
  #one = 0;
  #two = 0;

  /** `sets`: how many kinds of numbers weigh their contexts apart. */
  constructor(mixer: ContextMixer, unary: number, sets: number) {
    this.#mixer = mixer;
    this.#unary = unary;
    this.#set = mixer.weightSets(4 * sets);
    this.#lengthAt = mixer.contexts(4 * longest ** 2);
    this.#lengthSet = mixer.weightSets(1);
  }

  /** Places for `count` contexts of one sort; gives the first, the others follow `unary` apart. */
  contexts(count: number): number {
    return this.#mixer.contexts(count * this.#unary);
  }

  /** In four contexts of different sorts. Decoders ignore `value` and give what they read. */
  code(value: number, a: number, b: number, c: number, d: number, set: number): number {
    const first = this.#set + 4 * set;
    for (let coded = 0; coded < this.#unary; coded++) {
      const bit = value > coded ? 1 : 0;
      const weights = first + Math.min(coded, 3);
      if (this.#mixer.code(bit, a + coded, b + coded, c + coded, d + coded, weights) === 0) return coded;
    }
    return this.#unary + this.#codeGolomb(value - this.#unary + 1, set) - 1;
  }

  /** Of a number from 1: how many bits follow the first, then these. */
  #codeGolomb(value: number, set: number): number {
    const length = 31 - Math.clz32(value);
    const kind = longest ** 2;
    let bits = 0;
    while (bits < longest - 2) {
      const a = this.#lengthAt + bits;
      const b = this.#lengthAt + kind + this.#one * longest + bits;
      const c = this.#lengthAt + 2 * kind + this.#two * longest + bits;
      const d = this.#lengthAt + 3 * kind + set * longest + bits;
      if (this.#mixer.code(bits < length ? 1 : 0, a, b, c, d, this.#lengthSet) === 0) break;
      bits++;
    }
    this.#two = this.#one;
    this.#one = bits;
    let coded = 1;
    for (let bit = bits - 1; bit >= 0; bit--) coded = 2 * coded + this.#mixer.codeEven((value >> bit) & 1);
    return coded;
  }
}
