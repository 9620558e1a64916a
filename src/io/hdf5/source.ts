import { InputError } from '../../errors.js';
import type { Values } from '../blocks.js';
import { type Box, volume } from '../boxes.js';
import { closeFile, type FileId, Group, type Metadata, Module, openFile, reading, withMemory } from './library.js';
import { address, type Link, type Walk, walk } from './links.js';
import { readAttributeParts } from './parts.js';
import { typeName } from './types.js';

/** 'other' is whatever is copied as it is and never compressed: integers, strings, float16, long double, … */
export type Dtype = 'float32' | 'float64' | 'other';

export interface DatasetInfo {
  /** Absolute path in the file, e.g. `/grp/U_CHI`. */
  readonly path: string;
  readonly dtype: Dtype;
  /** As messages name it: the dtype, or for others e.g. int8, string. */
  readonly typeName: string;
  readonly bytesPerValue: number;
  /** [] for a scalar, and for a dataset without any extent. */
  readonly shape: readonly number[];
  readonly chunks: readonly number[] | undefined;
  /** Names of the filters, in order, e.g. ['shuffle', 'deflate']. */
  readonly filters: readonly string[];
}

export type AttributeValue = string | number | bigint | boolean | ArrayLike<unknown> | null;

/** Where bytes that are read are put. */
export type Allocate = (bytes: number) => ArrayBuffer;

const allocateAnew: Allocate = (bytes) => new ArrayBuffer(bytes);

/** An HDF5 file open for reading. */
export class Source {
  readonly path: string;
  readonly file: FileId;
  readonly #walks = new Map<string, Walk>();
  readonly #metadata = new Map<string, Metadata>();
  #open = true;

  /** `file`: one that is open already, e.g. for writing; by default the file at `path` is opened. */
  constructor(path: string, file = openFile(path)) {
    this.path = path;
    this.file = file;
  }

  /** Everything below `root` ('' for the whole file), parents first. Soft and external links are not followed. */
  links(root = ''): readonly Link[] {
    return this.walk(root).links;
  }

  /** @internal As `links`, with the objects' own paths; `named`: what these are to be, of objects that there are. */
  walk(root: string, named: readonly string[] = []): Walk {
    let found = this.#walks.get(root);
    if (found === undefined) {
      found = walk(this.file, this.path, root);
      this.#walks.set(root, found);
    }
    const own = new Set(found.ownPaths.values());
    if (named.every((path) => own.has(path))) return found;
    return walk(
      this.file,
      this.path,
      root,
      named.filter((path) => this.has(path)),
    );
  }

  /** @internal Equal for the paths of one object. */
  address(path: string): string {
    return reading(this.#name(path), () => address(this.file, path));
  }

  /** Every dataset of the file, each once, in the order of the file. */
  datasets(): DatasetInfo[] {
    return this.links()
      .filter(({ kind }) => kind === 'dataset')
      .map(({ path }) => this.dataset(path));
  }

  dataset(path: string): DatasetInfo {
    const metadata = this.metadata(path);
    const filters = reading(this.#name(path), () => Module.get_dataset_filters(this.file, path));
    return {
      path,
      dtype: dtypeOf(metadata),
      typeName: typeName(metadata),
      bytesPerValue: metadata.size,
      shape: metadata.shape ?? [],
      chunks: metadata.chunks ?? undefined,
      filters: filters.map(({ name }) => name),
    };
  }

  /** @internal What h5wasm knows of a dataset's type, extent and layout. */
  metadata(path: string): Metadata {
    let metadata = this.#metadata.get(path);
    if (metadata === undefined) {
      metadata = reading(this.#name(path), () => Module.get_dataset_metadata(this.file, path));
      this.#metadata.set(path, metadata);
    }
    return metadata;
  }

  /**
   * The values of a hyperslab, one range for each axis, in row-major order and native byte order. The library's memory
   * holds the whole of it: ask for some tens of megabytes at most. `allocate` gives so many bytes or more for them; default: memory of their own.
   */
  readSlice(path: string, ranges: Box, allocate?: Allocate): Values {
    const { dtype } = this.#expectFloat(path);
    const { buffer, byteLength } = this.readBytes(path, ranges, allocate);
    return dtype === 'float32'
      ? new Float32Array(buffer, 0, byteLength / Float32Array.BYTES_PER_ELEMENT)
      : new Float64Array(buffer, 0, byteLength / Float64Array.BYTES_PER_ELEMENT);
  }

  /** As `readSlice`, of any fixed-size type: its bytes, numbers little-endian. Without ranges: all of it. */
  readBytes(path: string, ranges?: Box, allocate: Allocate = allocateAnew): Uint8Array<ArrayBuffer> {
    const { size, total_size } = this.metadata(path);
    const bytes = size * (ranges === undefined ? total_size : volume(ranges));
    if (bytes === 0) return new Uint8Array(0);
    return reading(this.#name(path), () =>
      withMemory(this.#name(path), bytes, (pointer) => {
        this.readInto(pointer, path, ranges);
        const taken = new Uint8Array(allocate(bytes), 0, bytes);
        taken.set(Module.HEAPU8.subarray(pointer, pointer + bytes));
        return taken;
      }),
    );
  }

  /** @internal As `readBytes`, into the library's memory. */
  readInto(pointer: number, path: string, ranges?: Box): void {
    const whole = ranges === undefined || ranges.length === 0;
    const count = whole ? null : ranges.map(([start, stop]) => BigInt(stop - start));
    const offset = whole ? null : ranges.map(([start]) => BigInt(start));
    const strides = whole ? null : ranges.map(() => 1n);
    Module.get_dataset_data(this.file, path, count, offset, strides, BigInt(pointer));
  }

  /** A text written by `Writer.writeText`. */
  readText(path: string): string {
    return new TextDecoder().decode(this.readBytes(path)).trimEnd();
  }

  /** Bytes of all values of a dataset, before any filter. */
  byteLength(path: string): number {
    const { size, total_size } = this.metadata(path);
    return size * total_size;
  }

  attributeNames(path: string): string[] {
    return reading(this.#name(path), () => Module.get_attribute_names(this.file, path));
  }

  /** @internal What h5wasm knows of an attribute's type and extent. */
  attributeMetadata(path: string, name: string): Metadata {
    return reading(`${this.#name(path)}@${name}`, () => Module.get_attribute_metadata(this.file, path, name));
  }

  /**
   * A string, number or (typed) array; null for an attribute without extent; undefined for one that is not there or is of
   * a type that JavaScript lacks (float16, long double).
   */
  attribute(path: string, name: string): AttributeValue | undefined {
    if (!this.attributeNames(path).includes(name)) return undefined;
    const { type, size, shape, vlen } = this.attributeMetadata(path, name);
    if (type === Module.H5T_class_t.H5T_FLOAT.value && size !== 4 && size !== 8) return undefined;
    // Where texts cannot be read, h5wasm frees what it has not got, and aborts.
    if (vlen && type === Module.H5T_class_t.H5T_STRING.value && shape !== null) {
      const texts = readAttributeParts(this, path, name).map(String);
      return shape.length === 0 ? texts[0] : texts;
    }
    return reading(this.#name(path), () => new Group(this.file, path).get_attribute(name, false) as AttributeValue);
  }

  /** @internal The path of the object that a reference, read at `place`, leads to; undefined where that has none. */
  referenced(reference: Uint8Array, place: string): string | undefined {
    const path: string | null = reading(this.#name(place), () =>
      Module.get_referenced_name(this.file, reference, true),
    );
    return path ?? undefined;
  }

  /** Paths of the dimension scales of a dataset, for each axis; undefined where there are none. */
  scales(path: string): string[][] | undefined {
    if (!this.attributeNames(path).includes('DIMENSION_LIST')) return undefined;
    const axes = this.metadata(path).shape ?? [];
    return reading(this.#name(path), () => axes.map((_, axis) => Module.get_attached_scales(this.file, path, axis)));
  }

  isDataset(path: string): boolean {
    return reading(this.#name(path), () => Module.get_type(this.file, path)) === Module.H5G_DATASET;
  }

  has(path: string): boolean {
    return reading(this.#name(path), () => Module.get_type(this.file, path)) >= 0;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeFile(this.file);
  }

  #expectFloat(path: string): { dtype: 'float32' | 'float64' } {
    const dtype = dtypeOf(this.metadata(path));
    if (dtype === 'other') throw new InputError(`hdf5 "${this.#name(path)}": expected float32 or float64 values`);
    return { dtype };
  }

  #name(path: string): string {
    return `${this.path}:${path}`;
  }
}

/** Throws an InputError when the file is missing, not HDF5, cut short, or may not be read. */
export function openSource(path: string): Source {
  return new Source(path);
}

function dtypeOf({ type, size, shape }: Metadata): Dtype {
  if (type !== Module.H5T_class_t.H5T_FLOAT.value || shape === null) return 'other';
  if (size === 4) return 'float32';
  return size === 8 ? 'float64' : 'other';
}
