import { product, type Range, whole } from '../boxes.js';
import { toPlanes } from './planes.js';
import { type StoredArray, type StoredDtype, type Writer, widthOf } from './writer.js';

/** Rows appended before they are written: the memory that a growing dataset may take. */
const bufferBytes = 4 * 2 ** 20;
/** A chunk is inflated whole for any part of it. */
const chunkBytes = 2 ** 18;

/**
 * A dataset [rows, ...rowShape] whose length is known only at its end. A small one is written whole, contiguous unless it is deflated;
 * a large one grows chunk by chunk; without rows there is none, unless it is `required`. As `planes` it is uint8
 * [bytes of a number, ...rowShape, rows]: first bytes of all numbers, then second ones: what is alike stands together.
 */
export class GrowingDataset {
  readonly #writer: Writer;
  readonly #path: string;
  readonly #dtype: StoredDtype;
  readonly #rowShape: readonly number[];
  readonly #deflate: number | undefined;
  readonly #required: boolean;
  readonly #planes: boolean;
  #parts: StoredArray[] = [];
  #bufferedBytes = 0;
  #bufferedRows = 0;
  #writtenRows = 0;

  constructor(
    writer: Writer,
    path: string,
    dtype: StoredDtype,
    rowShape: readonly number[],
    options: { deflate?: number; required?: boolean; planes?: boolean } = {},
  ) {
    this.#writer = writer;
    this.#path = path;
    this.#dtype = dtype;
    this.#rowShape = rowShape;
    this.#deflate = options.deflate;
    this.#required = options.required ?? false;
    this.#planes = options.planes ?? false;
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
      if (this.#required && this.#writtenRows === 0)
        this.#writer.writeDataset(this.#path, this.#stored, this.#shape(0), new Uint8Array(0));
      return;
    }
    if (this.#writtenRows > 0) {
      this.#flush();
      return;
    }
    const shape = this.#shape(this.rows);
    const layout = this.#deflate === undefined ? {} : { chunks: shape, deflate: this.#deflate };
    const rows = this.rows;
    this.#writer.writeDataset(this.#path, this.#stored, shape, this.#takeBuffer(), layout);
    this.#writtenRows = rows;
  }

  #flush(): void {
    const [start, stop] = [this.#writtenRows, this.rows];
    const data = this.#takeBuffer();
    if (start === 0) this.#create(stop);
    else this.#writer.extend(this.#path, this.#shape(stop));
    const rest = whole(this.#planes ? this.#shape(0).slice(0, -1) : this.#rowShape);
    const rows: Range = [start, stop];
    this.#writer.writeSlice(this.#path, this.#planes ? [...rest, rows] : [rows, ...rest], data);
    this.#writtenRows = stop;
  }

  #create(rows: number): void {
    const bytesPerRow = product(this.#rowShape) * widthOf(this.#dtype);
    const rowsPerChunk = Math.max(1, Math.min(rows, Math.floor(chunkBytes / bytesPerRow)));
    const chunks = this.#shape(rowsPerChunk).map((size) => Math.max(1, size));
    const maxShape = this.#shape(Number.POSITIVE_INFINITY);
    this.#writer.createDataset(this.#path, this.#stored, this.#shape(rows), {
      chunks,
      maxShape,
      deflate: this.#deflate,
    });
  }

  get #stored(): StoredDtype {
    return this.#planes ? 'uint8' : this.#dtype;
  }

  #shape(rows: number): number[] {
    return this.#planes ? [widthOf(this.#dtype), ...this.#rowShape, rows] : [rows, ...this.#rowShape];
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
    const rows = this.#bufferedRows;
    this.#bufferedRows = 0;
    return this.#planes ? toPlanes(joined, rows) : joined;
  }
}
