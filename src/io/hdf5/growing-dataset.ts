import { product, type Range } from '../boxes.js';
import { chunksFor, type StoredArray, type StoredDtype, type Writer } from './writer.js';

/** Rows appended before they are written: the memory that a growing dataset may take. */
const bufferBytes = 4 * 2 ** 20;
/** A chunk is inflated whole for any part of it. */
const chunkBytes = 2 ** 18;

/**
 * A dataset [rows, ...rowShape] whose length is known only at its end. A small one is written whole and contiguous, a large
 * one grows chunk by chunk; without rows there is none, unless it is `required`.
 */
export class GrowingDataset {
  readonly #writer: Writer;
  readonly #path: string;
  readonly #dtype: StoredDtype;
  readonly #rowShape: readonly number[];
  readonly #deflate: number | undefined;
  readonly #required: boolean;
  #parts: StoredArray[] = [];
  #bufferedBytes = 0;
  #bufferedRows = 0;
  #writtenRows = 0;

  constructor(
    writer: Writer,
    path: string,
    dtype: StoredDtype,
    rowShape: readonly number[],
    options: { deflate?: number; required?: boolean } = {},
  ) {
    this.#writer = writer;
    this.#path = path;
    this.#dtype = dtype;
    this.#rowShape = rowShape;
    this.#deflate = options.deflate;
    this.#required = options.required ?? false;
  }

  get rows(): number {
    return this.#writtenRows + this.#bufferedRows;
  }

  /** Takes a copy of `data`: whole rows. */
  append(data: StoredArray): void {
    const rows = data.length / product(this.#rowShape);
    if (!Number.isInteger(rows))
      throw new RangeError(`${this.#path}: expected rows of [${this.#rowShape}], got ${data.length} numbers`);
    if (rows === 0) return;
    this.#parts.push(data.slice());
    this.#bufferedRows += rows;
    this.#bufferedBytes += data.byteLength;
    if (this.#bufferedBytes >= bufferBytes) this.#flush();
  }

  end(): void {
    if (this.#bufferedRows === 0) {
      if (this.#required && this.#writtenRows === 0) {
        this.#writer.writeDataset(this.#path, this.#dtype, [0, ...this.#rowShape], new Uint8Array(0));
      }
      return;
    }
    if (this.#writtenRows > 0) {
      this.#flush();
      return;
    }
    const shape = [this.#bufferedRows, ...this.#rowShape];
    const layout = this.#deflate === undefined ? {} : { chunks: shape, deflate: this.#deflate };
    const rows = this.rows;
    this.#writer.writeDataset(this.#path, this.#dtype, shape, this.#takeBuffer(), layout);
    this.#writtenRows = rows;
  }

  #flush(): void {
    const [start, stop] = [this.#writtenRows, this.rows];
    const shape = [stop, ...this.#rowShape];
    const data = this.#takeBuffer();
    if (start === 0) {
      const chunks = chunksFor(shape, data.BYTES_PER_ELEMENT, chunkBytes);
      const maxShape = [Number.POSITIVE_INFINITY, ...this.#rowShape];
      this.#writer.createDataset(this.#path, this.#dtype, shape, { chunks, maxShape, deflate: this.#deflate });
    } else {
      this.#writer.extend(this.#path, shape);
    }
    const box = [[start, stop] as const, ...this.#rowShape.map((size): Range => [0, size])];
    this.#writer.writeSlice(this.#path, box, data);
    this.#writtenRows = stop;
  }

  #takeBuffer(): StoredArray {
    const [first] = this.#parts;
    const total = this.#parts.reduce((sum, { length }) => sum + length, 0);
    const joined = new (first!.constructor as new (size: number) => Float32Array)(total);
    let offset = 0;
    for (const part of this.#parts) {
      joined.set(part as Float32Array, offset);
      offset += part.length;
    }
    this.#parts = [];
    this.#bufferedBytes = 0;
    this.#bufferedRows = 0;
    return joined;
  }
}
