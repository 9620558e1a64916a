/**
 * The HDF5 library in WebAssembly: the only importer of h5wasm. Paths are those of the real file system.
 *
 * HDF5 reports errors as text on stderr unless its throwing handler is active. Every call goes through `guarded`, which
 * turns that text into one short InputError that names the file, and the object in it.
 */
import { FS, Group, type Metadata, Module, ready } from 'h5wasm/node';
import { hintOf, InputError, SourceError } from '../../errors.js';
import { hasDamagedHeap } from './global-heap.js';

await ready;
Module.activate_throwing_error_handler();
watchReads();

export type { Metadata };
export { Group, Module };

export type FileId = bigint;

/** Creation order is not tracked, so that object headers stay small. */
const untracked = false;

/** Throws a SourceError when the file is missing, not HDF5, cut short, or may not be read. */
export function openFile(path: string): FileId {
  return reading(path, () => Module.open(path, Module.H5F_ACC_RDONLY, untracked, -1, -1));
}

/** Creates or empties a file. The 1.10 format has the smallest headers that readers of that age understand. */
export function createFile(path: string): FileId {
  const version = Module.H5F_LIBVER_V110;
  return guarded(path, () => Module.open(path, Module.H5F_ACC_TRUNC, untracked, version, version));
}

/** As `guarded`, for what is read: its errors are SourceErrors, but for the last one of a library that has given up. */
export function reading<T>(object: string, action: () => T): T {
  try {
    return guarded(object, action);
  } catch (error) {
    if (!(error instanceof InputError) || error === givenUp) throw error;
    const { message, hint, cause } = error;
    throw new SourceError(message, { cause, ...(hint === undefined ? {} : { hint }) });
  }
}

/**
 * What made the library give up, on a damaged file, with its memory and its open files in no known state: it would read other files
 * wrongly too. So from then on every call fails with this.
 */
let givenUp: InputError | undefined;

/** `object` is how messages name what is worked on: a file, or `file:/dataset`. */
export function guarded<T>(object: string, action: () => T): T {
  if (givenUp) throw givenUp;
  try {
    return action();
  } catch (cause) {
    if (isTrap(cause)) {
      const hint = 'Take this file away and start again: the HDF5 library cannot go on after it.';
      givenUp = new InputError(`hdf5 "${object}": damaged: ${cause.message}`, { cause, hint });
      throw givenUp;
    }
    closeErrorFiles();
    if (!isOfLibrary(cause)) throw cause;
    const { reason, hint } = explain(cause.message);
    throw new InputError(`hdf5 "${object}": ${reason}`, { cause, ...(hint === undefined ? {} : { hint }) });
  }
}

/** HDF5 and h5wasm throw plain errors; what is wrong with our calls is of other classes. */
function isOfLibrary(cause: unknown): cause is Error {
  return cause instanceof Error && cause.constructor === Error;
}

/** Whether WebAssembly stopped in the middle: an access out of bounds, an abort, a stack that is full. */
function isTrap(cause: unknown): cause is Error {
  if (!(cause instanceof Error)) return false;
  return cause.name === 'RuntimeError' || (cause instanceof RangeError && cause.message.includes('call stack'));
}

/** Closes a file. One of a library that has given up is left as it is. */
export function closeFile(file: FileId): void {
  if (!givenUp) Module.close_file(file);
}

/** All that the library has. */
const memoryBytes = 2 ** 31;

/** Runs `action` with `size` bytes of the library's memory at `pointer`. Throws a SourceError where `object` wants more than there is. */
export function withMemory<T>(object: string, size: number, action: (pointer: number) => T): T {
  const pointer = size < memoryBytes ? Module._malloc(Math.max(size, 1)) : 0;
  if (pointer === 0)
    throw new SourceError(`hdf5 "${object}": wants ${size} bytes of memory at a time, which is too much`);
  try {
    return action(pointer);
  } finally {
    Module._free(pointer);
  }
}

interface Explanation {
  readonly reason: string;
  readonly hint?: string;
}

/** The reason in an HDF5 error stack: a known one in our words, else the innermost line. */
function explain(stack: string): Explanation {
  const truncated = /truncated file: eof = (\d+), .*stored_eof = (\d+)/.exec(stack);
  if (truncated) return { reason: `truncated: expected ${truncated[2]} bytes, got ${truncated[1]}` };
  if (stack.includes('file signature not found')) return { reason: 'not an HDF5 file' };
  if (stack.includes(`errno = ${badMessage},`)) return { reason: 'damaged: texts of variable length (a global heap)' };
  const system = /error message = '([^']+)'/.exec(stack);
  if (system) {
    const reason = lowerFirst(system[1]!);
    return { reason, ...hintOf(reason) };
  }
  const filter = /required filter '([^']+)' is not registered/.exec(stack);
  if (filter) {
    return {
      reason: `stored with the HDF5 filter "${filter[1]}", which is not available; where it is, h5repack -f GZIP=4 IN OUT rewrites the file`,
    };
  }
  if (stack.includes('filter returned failure')) return { reason: 'damaged: a chunk does not decompress' };
  if (stack.includes('H5F__super_read(): unable to load'))
    return { reason: 'truncated or damaged: no whole superblock' };
  const lines = [...stack.matchAll(/#\d+: .*? in \w+\(\): (.*)/g)];
  return { reason: `damaged or not supported (${lines.at(-1)?.[1] ?? stack.split('\n')[0]})` };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** The part of Emscripten's file system in use here. */
interface Files {
  readonly streams: ({ path: string } | null | undefined)[];
  readonly ErrnoError: new (code: number) => Error;
  close(stream: object): void;
  read(
    stream: { readonly position: number },
    memory: Int8Array,
    offset: number,
    length: number,
    position?: number,
  ): number;
}

function filesOf(): Files {
  return FS as unknown as Files;
}

/** EBADMSG as Emscripten numbers it. */
const badMessage = 9;

/** Lets the library's reads fail where what they give would keep it busy for ever. */
function watchReads(): void {
  const files = filesOf();
  const read = files.read.bind(files);
  files.read = (stream, memory, offset, length, position) => {
    const start = position ?? stream.position;
    const count = read(stream, memory, offset, length, position);
    const readAt = (from: number, size: number) => {
      const bytes = new Int8Array(size);
      return Buffer.from(bytes.buffer, 0, read(stream, bytes, 0, size, from));
    };
    const bytes = Buffer.from(memory.buffer, memory.byteOffset + offset, count);
    if (hasDamagedHeap(readAt, bytes, start)) throw new files.ErrnoError(badMessage);
    return count;
  };
}

/** The throwing handler leaves the scratch file that it printed into open: one descriptor for each error. */
function closeErrorFiles(): void {
  const files = filesOf();
  for (const stream of files.streams) if (stream?.path.startsWith('/tmp/tmpfile_')) files.close(stream);
}
