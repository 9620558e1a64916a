/** Files of the server, read by the HDF5 library piece by piece as it asks for them. */
import { FS } from 'h5wasm';
import { Latest } from './latest.js';

const pieceBytes = 2 ** 20;
/** Of the latest pieces of a file. */
const keptBytes = 96 * pieceBytes;

/** Input/output error, as Emscripten numbers it. */
const failed = 29;

interface Files {
  readonly ErrnoError: new (code: number) => Error;
  createFile(folder: string, name: string, properties: object, canRead: boolean, canWrite: boolean): Node;
  mkdirTree(folder: string): void;
}

/** A file in Emscripten's memory, whose content is taken from elsewhere. */
interface Node {
  stream_ops: {
    read(stream: object, memory: Int8Array, offset: number, length: number, position: number): number;
  };
}

/** Makes what stands at `url`, of so many bytes, a file in the root folder of the library. Only in a worker: its requests block. */
export function mountRemoteFile(name: string, url: string, bytes: number): void {
  const files = FS as unknown as Files;
  const folder = `/${name.slice(0, Math.max(0, name.lastIndexOf('/')))}`;
  files.mkdirTree(folder);
  const node = files.createFile(folder, name.slice(name.lastIndexOf('/') + 1), {}, true, false);
  Object.defineProperty(node, 'usedBytes', { value: bytes });
  const pieces = new Latest<Uint8Array>(keptBytes, ({ length }) => length);
  const pieceAt = (index: number) => {
    const kept = pieces.get(String(index));
    if (kept) return kept;
    const [start, stop] = [index * pieceBytes, Math.min((index + 1) * pieceBytes, bytes)];
    const piece = fetchNow(url, start, stop);
    if (piece?.length !== stop - start) throw new files.ErrnoError(failed);
    return pieces.add(String(index), piece);
  };
  const read: Node['stream_ops']['read'] = (_, memory, offset, length, position) => {
    const end = Math.min(position + length, bytes);
    for (let at = position; at < end; ) {
      const start = at % pieceBytes;
      const part = pieceAt(Math.floor(at / pieceBytes)).subarray(start, start + end - at);
      memory.set(part, offset + at - position);
      at += part.length;
    }
    return Math.max(0, end - position);
  };
  node.stream_ops = { ...node.stream_ops, read };
}

/** Undefined where the server does not give them. */
function fetchNow(url: string, start: number, stop: number): Uint8Array | undefined {
  const request = new XMLHttpRequest();
  request.open('GET', url, false);
  request.setRequestHeader('Range', `bytes=${start}-${stop - 1}`);
  request.responseType = 'arraybuffer';
  try {
    request.send();
  } catch {
    return undefined;
  }
  return request.status === 206 ? new Uint8Array(request.response) : undefined;
}
