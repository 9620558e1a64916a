/** Keeps what was asked for last, up to so many bytes in all; the very latest always. */
export class Latest<Value> {
  readonly #kept = new Map<string, Value>();
  readonly #mostBytes: number;
  readonly #bytesOf: (value: Value) => number;
  #bytes = 0;

  constructor(mostBytes: number, bytesOf: (value: Value) => number) {
    this.#mostBytes = mostBytes;
    this.#bytesOf = bytesOf;
  }

  get(key: string): Value | undefined {
    const value = this.#kept.get(key);
    if (value !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, value);
    }
    return value;
  }

  /** Of a key that is not there. Gives the value. */
  add(key: string, value: Value): Value {
    this.#kept.set(key, value);
    this.#bytes += this.#bytesOf(value);
    for (const [oldest, old] of this.#kept) {
      if (this.#bytes <= this.#mostBytes || oldest === key) break;
      this.#kept.delete(oldest);
      this.#bytes -= this.#bytesOf(old);
    }
    return value;
  }
}
