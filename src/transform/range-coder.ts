/**
 * A binary range coder with carry propagation (G. N. N. Martin, 1979; the arrangement is that of LZMA). Encoder and decoder
 * have the same face, so that what codes a block is written once for both directions.
 */

export interface BitCoder {
  /**
   * Codes one bit whose probability of being 1 is `probability` / 65536 (1 … 65535). The encoder writes `bit`; the decoder
   * ignores it. Both give the bit.
   */
  code(bit: number, probability: number): number;
}

const top = 2 ** 24;

export class RangeEncoder implements BitCoder {
  #bytes = new Uint8Array(4096);
  #length = 0;
  /** Below 2³³: bit 32 is a carry. */
  #low = 0;
  #range = 0xffffffff;
  /** The last byte that a carry may still change, and how many bytes of 0xff follow it; none at the beginning. */
  #held = -1;
  #heldOnes = 0;

  code(bit: number, probability: number): number {
    const bound = Math.floor((this.#range * probability) / 65536);
    if (bit === 1) this.#range = bound;
    else {
      this.#low += bound;
      this.#range -= bound;
    }
    while (this.#range < top) {
      this.#shift();
      this.#range *= 256;
    }
    return bit;
  }

  /** The stream; a decoder reads zeros after its end, so those there are left away. */
  finish(): Uint8Array {
    for (let i = 0; i < 5; i++) this.#shift();
    while (this.#length > 0 && this.#bytes[this.#length - 1] === 0) this.#length--;
    return this.#bytes.slice(0, this.#length);
  }

  /** Moves the highest byte of `low` out. */
  #shift(): void {
    if (this.#low < 0xff000000 || this.#low >= 2 ** 32) {
      const carry = this.#low >= 2 ** 32 ? 1 : 0;
      if (this.#held >= 0) this.#put(this.#held + carry);
      for (; this.#heldOnes > 0; this.#heldOnes--) this.#put(0xff + carry);
      this.#held = Math.floor(this.#low / top) & 0xff;
    } else this.#heldOnes++;
    this.#low = (this.#low % top) * 256;
  }

  #put(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length++] = byte;
  }
}

export class RangeDecoder implements BitCoder {
  readonly #bytes: Uint8Array;
  #next = 0;
  #range = 0xffffffff;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    for (let i = 0; i < 4; i++) this.#offset = this.#offset * 256 + this.#take();
  }

  code(_bit: number, probability: number): number {
    const bound = Math.floor((this.#range * probability) / 65536);
    const bit = this.#offset < bound ? 1 : 0;
    if (bit === 1) this.#range = bound;
    else {
      this.#offset -= bound;
      this.#range -= bound;
    }
    while (this.#range < top) {
      this.#offset = this.#offset * 256 + this.#take();
      this.#range *= 256;
    }
    return bit;
  }

  #take(): number {
    return this.#next < this.#bytes.length ? this.#bytes[this.#next++] : 0;
  }
}
