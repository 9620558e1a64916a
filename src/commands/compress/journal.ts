/**
 * The results of a run as they arrive, without the reconstructed values, so that a killed run goes on where it was. A
 * record is its length (uint32), its CRC-32 (uint32), its bytes; record 0 names the run, record u + 1 holds unit u. What a
 * kill has left half-written fails its length or its sum, and is cut off.
 */
import { closeSync, existsSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { InputError } from '../../errors.js';
import { nameFile, writeWhole } from '../../io/atomic-file.js';

const prefixLength = 8;
/** A power failure may cost so many seconds of work; a kill costs the record being written. */
const syncEveryMs = 10_000;

export interface Record {
  readonly offset: number;
  readonly length: number;
}

export interface JournalWriter {
  append(bytes: Uint8Array): void;
  close(): void;
}

/** A new journal for the run that `identity` describes, or that which is there. */
export function openJournal(path: string, identity: string): { journal: JournalWriter; units: Record[] } {
  return existsSync(path) ? reopenJournal(path, identity) : { journal: createJournal(path, identity), units: [] };
}

/** Throws InputError where it cannot be written. */
export function createJournal(path: string, identity: string): JournalWriter {
  const journal = writer(path, openJournalFile(path, 'w'), 0);
  journal.append(Buffer.from(identity));
  return journal;
}

/**
 * Goes on after the whole records of a journal; those of the units are given. Throws where it is of another run. One that
 * was killed before its first record was whole is begun anew.
 */
function reopenJournal(path: string, identity: string): { journal: JournalWriter; units: Record[] } {
  const file = openJournalFile(path, 'r+');
  const [first, ...units] = scan(file);
  if (!first) {
    closeSync(file);
    return { journal: createJournal(path, identity), units: [] };
  }
  const found = readRecordFrom(file, first).toString();
  if (found !== identity) {
    closeSync(file);
    const [theirs, ours] = differenceOf(found, identity);
    throw new InputError(`journal "${path}": is of another run: ${theirs}; this one is ${ours}`, {
      hint: 'Resume with the inputs, model and options of the first start, or start anew without --resume.',
    });
  }
  const last = units.at(-1) ?? first;
  return { journal: writer(path, file, last.offset + last.length), units };
}

/** Of the run that a journal is of; undefined where it was killed before it said so. */
export function readIdentity(path: string): string | undefined {
  const file = openJournalFile(path, 'r');
  try {
    const [first] = scan(file);
    return first && readRecordFrom(file, first).toString();
  } finally {
    closeSync(file);
  }
}

/** Two identities (JSON objects), each without what the other has too. */
function differenceOf(one: string, other: string): [string, string] {
  const [a, b]: Readonly<{ [key: string]: unknown }>[] = [JSON.parse(one), JSON.parse(other)];
  const own = (object: typeof a, than: typeof a) =>
    JSON.stringify(Object.fromEntries(Object.entries(object).filter(([key, value]) => than[key] !== value)));
  return [own(a, b), own(b, a)];
}

/** The bytes of one record, at the start of a buffer of their own. */
export function readRecord(path: string, record: Record): Uint8Array {
  const file = openJournalFile(path, 'r');
  try {
    return new Uint8Array(readRecordFrom(file, record));
  } finally {
    closeSync(file);
  }
}

function openJournalFile(path: string, flags: 'r' | 'r+' | 'w'): number {
  return nameFile(path, () => openSync(path, flags));
}

function writer(path: string, file: number, start: number): JournalWriter {
  ftruncateSync(file, start);
  let position = start;
  let synced = performance.now();
  return {
    append(bytes) {
      const prefix = Buffer.alloc(prefixLength);
      prefix.writeUInt32LE(bytes.length, 0);
      prefix.writeUInt32LE(crc32(bytes), 4);
      nameFile(path, () => {
        for (const part of [prefix, bytes]) position += writeWhole(file, part, position);
      });
      if (performance.now() - synced < syncEveryMs) return;
      fsyncSync(file);
      synced = performance.now();
    },
    close: () => closeSync(file),
  };
}

function scan(file: number): Record[] {
  const records: Record[] = [];
  const prefix = Buffer.alloc(prefixLength);
  const { size } = fstatSync(file);
  let offset = 0;
  while (readSync(file, prefix, 0, prefixLength, offset) === prefixLength) {
    const record = { offset: offset + prefixLength, length: prefix.readUInt32LE(0) };
    if (record.offset + record.length > size) break;
    const bytes = readRecordFrom(file, record);
    if (crc32(bytes) !== prefix.readUInt32LE(4)) break;
    records.push(record);
    offset = record.offset + record.length;
  }
  return records;
}

function readRecordFrom(file: number, { offset, length }: Record): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(file, bytes, 0, length, offset));
}
