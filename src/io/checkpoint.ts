/**
 * Safetensors (https://huggingface.co/docs/safetensors): u64 length of the header, JSON header, data. The same content
 * always gives the same bytes, and every tensor is aligned to its numbers.
 */
import { readFileSync } from 'node:fs';
import { InputError } from '../errors.js';
import { nameFile, writeFileAtomic } from './atomic-file.js';

const arrays = {
  F64: Float64Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
  F32: Float32Array,
  I32: Int32Array,
  U32: Uint32Array,
  I16: Int16Array,
  U16: Uint16Array,
  /** As bit patterns: JavaScript has no arrays of these. */
  F16: Uint16Array,
  BF16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
  F8_E4M3: Uint8Array,
  F8_E5M2: Uint8Array,
} as const;

export type TensorDtype = keyof typeof arrays;
export type TensorData = InstanceType<(typeof arrays)[TensorDtype]>;

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: TensorData;
  /** By default the one of `data`; to be given for bit patterns, e.g. 'F8_E4M3' in a Uint8Array. */
  readonly dtype?: TensorDtype;
}

export interface Checkpoint {
  readonly tensors: Readonly<Record<string, Tensor & { readonly dtype: TensorDtype }>>;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Entry {
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [start: number, stop: number];
}

const maxHeaderBytes = 100_000_000;

/** Writes atomically. Throws an InputError when the folder cannot be written or the disk is full. */
export function writeSafetensors(
  path: string,
  tensors: Record<string, Tensor>,
  metadata: Record<string, string> = {},
): void {
  writeFileAtomic(path, safetensorsParts(tensors, metadata));
}

/** Throws an InputError naming the file when it is missing, cut short or not safetensors. */
export function readSafetensors(path: string): Checkpoint {
  return decodeSafetensors(
    nameFile(path, () => readFileSync(path)),
    path,
  );
}

export function encodeSafetensors(tensors: Record<string, Tensor>, metadata: Record<string, string> = {}): Uint8Array {
  return Buffer.concat(safetensorsParts(tensors, metadata));
}

/** `name` is the file's, for messages. The tensors are views of `bytes` where its alignment allows. */
export function decodeSafetensors(bytes: Uint8Array<ArrayBuffer>, name: string): Checkpoint {
  const { entries, metadata, dataStart } = readHeader(bytes, name);
  const stop = checkLayout(entries, name);
  if (bytes.length !== dataStart + stop) {
    const reason = bytes.length < dataStart + stop ? 'truncated: ' : '';
    fail(name, `${reason}the header says ${dataStart + stop} bytes, the file has ${bytes.length}`);
  }
  const tensors = Object.fromEntries(
    entries.map(([key, { dtype, shape, data_offsets }]) => [
      key,
      { dtype, shape, data: viewOf(bytes, dtype, dataStart + data_offsets[0], dataStart + data_offsets[1]) },
    ]),
  );
  return { tensors, metadata };
}

function safetensorsParts(tensors: Record<string, Tensor>, metadata: Record<string, string>): Uint8Array[] {
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header.__metadata__ = Object.fromEntries(Object.entries(metadata).sort(byKey));
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [key, { shape, data, dtype }] of Object.entries(tensors).sort(byAlignment)) {
    const entry: Entry = { dtype: dtype ?? dtypeOf(data), shape, data_offsets: [offset, offset + data.byteLength] };
    if (bytesOf(entry) !== data.byteLength) {
      throw new RangeError(
        `tensor "${key}": shape [${shape}] of ${entry.dtype} has ${bytesOf(entry)} bytes, got ${data.byteLength}`,
      );
    }
    header[key] = entry;
    parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    offset += data.byteLength;
  }
  return [encodeHeader(header), ...parts];
}

function encodeHeader(header: Record<string, unknown>): Uint8Array {
  const json = Buffer.from(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = Buffer.alloc(8 + length, ' ');
  bytes.writeBigUInt64LE(BigInt(length));
  json.copy(bytes, 8);
  return bytes;
}

function readHeader(bytes: Uint8Array, name: string) {
  if (bytes.length < 8) fail(name, `not safetensors: ${bytes.length} bytes`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > maxHeaderBytes) fail(name, 'not safetensors: no header length in the first 8 bytes');
  const dataStart = 8 + length;
  if (bytes.length < dataStart) {
    const opening = bytes[8];
    if (opening !== undefined && opening !== '{'.charCodeAt(0)) fail(name, 'not safetensors: no JSON header');
    fail(name, `truncated: the header alone has ${dataStart} bytes, the file has ${bytes.length}`);
  }
  const { __metadata__: metadata = {}, ...entries } = parseHeader(bytes.subarray(8, dataStart), name);
  return {
    entries: Object.entries(entries) as [string, Entry][],
    metadata: metadata as Record<string, string>,
    dataStart,
  };
}

function parseHeader(json: Uint8Array, name: string): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
    if (typeof header === 'object' && header !== null && !Array.isArray(header))
      return header as Record<string, unknown>;
  } catch {
    // Reported below, with the file's name.
  }
  return fail(name, 'not safetensors: its header is not a JSON object');
}

/** The tensors must fill the data without gap or overlap. Gives the length of the data. */
function checkLayout(entries: readonly (readonly [string, Entry])[], name: string): number {
  let stop = 0;
  const ordered = [...entries].sort(([, a], [, b]) => (a?.data_offsets?.[0] ?? 0) - (b?.data_offsets?.[0] ?? 0));
  for (const [key, entry] of ordered) {
    if (!(entry?.dtype in arrays)) fail(name, `tensor "${key}": unknown type ${JSON.stringify(entry?.dtype)}`);
    if (!Array.isArray(entry.shape) || !Array.isArray(entry.data_offsets))
      fail(name, `tensor "${key}": no shape or offsets`);
    const [start, end] = entry.data_offsets;
    if (start !== stop) fail(name, `tensor "${key}": expected to start at byte ${stop} of the data, got ${start}`);
    if (end - start !== bytesOf(entry)) {
      fail(
        name,
        `tensor "${key}": [${entry.shape}] of ${entry.dtype} has ${bytesOf(entry)} bytes, the header says ${end - start}`,
      );
    }
    stop = end;
  }
  return stop;
}

function viewOf(bytes: Uint8Array<ArrayBuffer>, dtype: TensorDtype, start: number, stop: number): TensorData {
  const TypedArray = arrays[dtype];
  const aligned = (bytes.byteOffset + start) % TypedArray.BYTES_PER_ELEMENT === 0;
  const part = aligned ? bytes.subarray(start, stop) : Uint8Array.from(bytes.subarray(start, stop));
  return new TypedArray(part.buffer, part.byteOffset, part.byteLength / TypedArray.BYTES_PER_ELEMENT);
}

function dtypeOf(data: TensorData): TensorDtype {
  for (const [dtype, TypedArray] of Object.entries(arrays)) if (data instanceof TypedArray) return dtype as TensorDtype;
  throw new TypeError('tensor data: expected a typed array');
}

function bytesOf({ dtype, shape }: Pick<Entry, 'dtype' | 'shape'>): number {
  return shape.reduce((product, size) => product * size, arrays[dtype].BYTES_PER_ELEMENT);
}

/** Widest numbers first, so that every tensor is aligned; then by name. */
function byAlignment(a: readonly [string, Tensor], b: readonly [string, Tensor]): number {
  return b[1].data.BYTES_PER_ELEMENT - a[1].data.BYTES_PER_ELEMENT || byKey(a, b);
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : Number(a > b);
}

function fail(name: string, reason: string): never {
  throw new InputError(`checkpoint "${name}": ${reason}`);
}
