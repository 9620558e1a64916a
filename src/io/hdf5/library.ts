/**
 * The HDF5 library in WebAssembly: the only importer of h5wasm. Paths are those of the real file system.
 *
 * HDF5 reports errors as text on stderr unless its throwing handler is active. Every call goes through `guarded`, which
 * turns that text into one short InputError that names the file, and the object in it.
 */
import { FS, Group, type Metadata, Module, ready } from 'h5wasm/node';
import { InputError, SourceError } from '../../errors.js';

await ready;
Module.activate_throwing_error_handler();

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

/** As `guarded`, for what is read: its errors are SourceErrors. */
export function reading<T>(object: string, action: () => T): T {
  try {
    return guarded(object, action);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const { message, hint, cause } = error;
    throw new SourceError(message, { cause, ...(hint === undefined ? {} : { hint }) });
  }
}

/** `object` is how messages name what is worked on: a file, or `file:/dataset`. */
export function guarded<T>(object: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    closeErrorFiles();
    if (!(cause instanceof Error) || !cause.message.includes('HDF5-DIAG')) throw cause;
    const { reason, hint } = explain(cause.message);
    throw new InputError(`hdf5 "${object}": ${reason}`, { cause, ...(hint === undefined ? {} : { hint }) });
  }
}

/** Runs `action` with `size` bytes of the library's memory at `pointer`. */
export function withMemory<T>(size: number, action: (pointer: number) => T): T {
  const pointer = Module._malloc(Math.max(size, 1));
  if (pointer === 0) throw new Error(`HDF5 library: could not allocate ${size} bytes`);
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
  const system = /error message = '([^']+)'/.exec(stack);
  if (system) return { reason: lowerFirst(system[1]!) };
  const filter = /required filter '([^']+)' is not registered/.exec(stack);
  if (filter) {
    return {
      reason: `stored with the HDF5 filter "${filter[1]}", which is not available`,
      hint: 'Rewrite the file with a common filter, e.g. h5repack -f GZIP=4 IN OUT.',
    };
  }
  if (stack.includes('filter returned failure')) return { reason: 'damaged: a chunk does not decompress' };
  if (stack.includes('H5F__super_read(): unable to load'))
    return { reason: 'truncated or damaged: no whole superblock' };
  const lines = [...stack.matchAll(/#\d+: .*? in \w+\(\): (.*)/g)];
  return { reason: `damaged or not supported (${lines.at(-1)?.[1] ?? 'unknown HDF5 error'})` };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** The throwing handler leaves the scratch file that it printed into open: one descriptor for each error. */
function closeErrorFiles(): void {
  const { streams } = FS as unknown as { streams: ({ path: string } | null | undefined)[] };
  for (const stream of streams) {
    if (stream?.path.startsWith('/tmp/tmpfile_')) (FS as unknown as { close(stream: object): void }).close(stream);
  }
}
