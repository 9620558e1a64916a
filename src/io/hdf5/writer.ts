import { InputError } from '../../errors.js';
import { commitFile, removeUnfinished, temporaryName } from '../atomic-file.js';
import { type Box, product } from '../boxes.js';
import { createFile, type FileId, Group, guarded, type Metadata, Module, withMemory } from './library.js';
import { extentOf } from './types.js';

export type StoredArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** Without chunks: contiguous. Deflate (a level, 1…9) needs chunks. */
export interface Layout {
  readonly chunks?: readonly number[] | undefined;
  readonly deflate?: number | undefined;
  /** Infinity for an axis without limit; by default the shape. */
  readonly maxShape?: readonly number[] | undefined;
}

const types = {
  int8: { class: 'H5T_INTEGER', size: 1, signed: true },
  uint8: { class: 'H5T_INTEGER', size: 1, signed: false },
  float32: { class: 'H5T_FLOAT', size: 4, signed: true },
  float64: { class: 'H5T_FLOAT', size: 8, signed: true },
} as const;

export type StoredDtype = keyof typeof types;

/** Bytes of a number. */
export function widthOf(dtype: StoredDtype): number {
  return types[dtype].size;
}

/** An HDF5 file being written: under a temporary name until `finish`. */
export class Writer {
  readonly path: string;
  readonly file: FileId;
  readonly #groups = new Set(['', '/']);
  #open = true;

  /** Throws an InputError when the folder is missing or may not be written. */
  constructor(path: string) {
    this.path = path;
    this.file = createFile(temporaryName(path));
  }

  /** With its parents, where they are not there yet. */
  createGroup(path: string): void {
    if (this.#groups.has(path)) return;
    this.#createParent(path);
    guarded(this.#name(path), () => Module.create_group(this.file, path, false));
    this.#groups.add(path);
  }

  /** A dataset written whole; [] is the shape of a scalar. */
  writeDataset(
    path: string,
    dtype: StoredDtype,
    shape: readonly number[],
    data: StoredArray,
    layout: Layout = {},
  ): void {
    const metadata = this.#metadata(dtype, shape, layout);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    if (bytes.length !== product(shape) * metadata.size) {
      throw new RangeError(
        `${this.#name(path)}: expected ${product(shape) * metadata.size} bytes, got ${bytes.length}`,
      );
    }
    withMemory(this.#name(path), bytes.length, (pointer) => {
      Module.HEAPU8.set(bytes, pointer);
      this.createFrom(pointer, path, metadata, layout.deflate);
    });
  }

  /** A chunked dataset to be filled by `writeSlice` and `extend`; nothing is written or allocated yet. */
  createDataset(path: string, dtype: StoredDtype, shape: readonly number[], layout: Layout): void {
    this.createUnfilled(path, this.#metadata(dtype, shape, layout), layout.deflate);
  }

  writeSlice(path: string, box: Box, data: StoredArray): void {
    if (data.length === 0) return;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    withMemory(this.#name(path), bytes.length, (pointer) => {
      Module.HEAPU8.set(bytes, pointer);
      this.writeFrom(pointer, path, box);
    });
  }

  /** Gives a chunked dataset another shape within its `maxShape`. */
  extend(path: string, shape: readonly number[]): void {
    guarded(this.#name(path), () => Module.resize_dataset(this.file, path, extentOf(shape)));
  }

  /** A text of any length, deflated where that pays: a fixed-length string of shape [1]. */
  writeText(path: string, text: string): void {
    this.#createParent(path);
    const group = path.slice(0, path.lastIndexOf('/'));
    const name = path.slice(path.lastIndexOf('/') + 1);
    const dtype = `S${Math.max(1, Buffer.byteLength(text))}`;
    const layout = text.length > 1000 ? { chunks: [1], compression: 'gzip' as const, compression_opts: 9 } : {};
    guarded(this.#name(path), () =>
      new Group(this.file, group).create_dataset({ name, data: [text], shape: [1], dtype, ...layout }),
    );
  }

  /** A string becomes a variable-length UTF-8 string, a number a float64, a bigint an int64. */
  writeAttribute(path: string, name: string, value: string | number | bigint | StoredArray): void {
    const object = new Group(this.file, path);
    guarded(`${this.#name(path)}@${name}`, () => {
      if (typeof value === 'number') object.create_attribute(name, value, [], '<d');
      else if (typeof value === 'bigint') object.create_attribute(name, BigInt64Array.of(value), [], '<q');
      else object.create_attribute(name, value);
    });
  }

  /** A link to an object of another file, which need not be there; a relative name is looked for beside this file. */
  linkExternal(path: string, file: string, object: string): void {
    this.#createParent(path);
    guarded(this.#name(path), () => Module.create_external_link(this.file, file, object, path));
  }

  has(path: string): boolean {
    return Module.get_type(this.file, path) >= 0;
  }

  isDataset(path: string): boolean {
    return Module.get_type(this.file, path) === Module.H5G_DATASET;
  }

  /** @internal Creates a dataset from values in the library's memory. */
  createFrom(pointer: number, path: string, metadata: Metadata, deflate?: number): void {
    this.#createParent(path);
    guarded(this.#name(path), () =>
      Module.create_dataset(this.file, path, BigInt(pointer), creation(metadata, deflate)),
    );
  }

  /** @internal Creates a chunked dataset of this extent without values. */
  createUnfilled(path: string, metadata: Metadata, deflate?: number): void {
    const shape = metadata.shape!;
    // h5wasm always writes a dataset that it creates: none of it when it has no extent yet.
    const empty = { ...metadata, shape: [0, ...shape.slice(1)], total_size: 0 };
    withMemory(this.#name(path), 0, (pointer) => this.createFrom(pointer, path, empty, deflate));
    this.extend(path, shape);
  }

  /** @internal Writes a hyperslab from the library's memory. */
  writeFrom(pointer: number, path: string, box: Box): void {
    const count = box.map(([start, stop]) => BigInt(stop - start));
    const offset = box.map(([start]) => BigInt(start));
    const strides = box.map(() => 1n);
    guarded(this.#name(path), () => Module.set_dataset_data(this.file, path, count, offset, strides, BigInt(pointer)));
  }

  /** Makes the file durable and gives it its name. Throws an InputError when the disk is full; then nothing is left. */
  finish(): void {
    try {
      guarded(this.path, () => Module.flush(this.file));
      this.#open = false;
      guarded(this.path, () => Module.close_file(this.file));
      commitFile(temporaryName(this.path), this.path);
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  /** Closes and removes the unfinished file. */
  discard(): void {
    try {
      if (this.#open) guarded(this.path, () => Module.close_file(this.file));
    } catch (error) {
      // On a full disk closing fails as the writing did: the first error is the one to report.
      if (!(error instanceof InputError)) throw error;
    } finally {
      this.#open = false;
      removeUnfinished(this.path);
    }
  }

  #createParent(path: string): void {
    this.createGroup(path.slice(0, path.lastIndexOf('/')));
  }

  #metadata(dtype: StoredDtype, shape: readonly number[], { chunks, maxShape }: Layout): Metadata {
    const { class: name, size, signed } = types[dtype];
    return {
      type: Module.H5T_class_t[name].value,
      size,
      signed,
      littleEndian: true,
      vlen: false,
      shape: [...shape],
      maxshape: [...(maxShape ?? shape)],
      chunks: chunks === undefined ? null : [...chunks],
      total_size: product(shape),
    };
  }

  #name(path: string): string {
    return `${this.path}:${path}`;
  }
}

/**
 * Chunks of about `targetBytes`: whole trailing axes as far as they fit, then a part of one axis, 1 before.
 */
export function chunksFor(shape: readonly number[], bytesPerValue: number, targetBytes = 2 ** 20): number[] {
  let room = Math.max(1, Math.floor(targetBytes / bytesPerValue));
  const chunks = [...shape];
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    const size = Math.max(1, shape[axis]!);
    chunks[axis] = Math.min(size, room);
    room = chunks[axis]! < size ? 1 : Math.floor(room / size);
  }
  return chunks.map((size) => Math.max(1, size));
}

function creation(metadata: Metadata, deflate: number | undefined) {
  return {
    ...metadata,
    shape: extentOf(metadata.shape!),
    maxshape: extentOf(metadata.maxshape!),
    chunks: metadata.chunks && extentOf(metadata.chunks),
    compression: deflate === undefined ? 0 : 1,
    compression_opts: deflate === undefined ? [] : [deflate],
    track_order: false,
  } as unknown as Parameters<typeof Module.create_dataset>[3];
}
