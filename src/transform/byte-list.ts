/** Bytes appended one piece after the other. */
export class ByteList {
  #bytes = new Uint8Array(1024);
  #length = 0;

  append(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      larger.set(this.bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
  }

  /** A view: good until the next piece. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
