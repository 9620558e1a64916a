import { createReadStream, fstatSync, openSync } from 'node:fs';
import { Readable } from 'node:stream';
import { nameFile } from '../../io/atomic-file.js';

/** What a server gives under a name. */
export interface Content {
  /** MIME. */
  readonly type: string;
  readonly bytes: number;
  /** Bytes [start, stop). */
  read(start: number, stop: number): Readable;
}

/** A file of the disk, held open: what takes its place later is not served. */
export function fileContent(path: string, type: string): Content {
  const fd = nameFile(path, () => openSync(path, 'r'));
  return {
    type,
    bytes: fstatSync(fd).size,
    read: (start, stop) => createReadStream('', { fd, autoClose: false, start, end: stop - 1 }),
  };
}

export function textContent(text: string, type: string): Content {
  const content = Buffer.from(text);
  return { type, bytes: content.length, read: (start, stop) => Readable.from([content.subarray(start, stop)]) };
}
