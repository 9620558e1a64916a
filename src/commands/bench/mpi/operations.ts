/** What is measured. A C program, bench/mpi.c, does the same calls with the same data. */
import { crc32 } from 'node:zlib';
import type { Communicator } from '../../../dist/communicator.js';

/** Messages of `bandwidth` that follow one another before the receiver answers. */
const windowLength = 32;
const tag = 5;

/** An operation at one size. Every rank does the same in the same order. */
export interface Prepared {
  /** That are moved: of a gather of all ranks together, rounded down to equal parts. 0: nothing to be measured. */
  readonly bytes: number;
  /** False of a rank without a partner. */
  readonly takesPart: boolean;
  run(): void;
  /** One run with data that tell rank and place; the result is looked at. */
  check(): Checked;
}

export interface Checked {
  /** Elements that are not what they should be, on this rank. */
  readonly wrong: number;
  /** CRC-32 of this rank's result. */
  readonly checksum: number;
}

export interface Operation {
  /** busbw is algbw times this, for n ranks: https://github.com/NVIDIA/nccl-tests/blob/master/doc/PERFORMANCE.md */
  readonly busFactor: (ranks: number) => number;
  /** How many messages follow one another in a run; the time of one is reported. */
  readonly messagesPerRun: number;
  readonly prepare: (communicator: Communicator, bytes: number) => Prepared;
}

export const operationNames = ['latency', 'bandwidth', 'allreduce', 'gather'] as const;
export type OperationName = (typeof operationNames)[number];

export const operations: Readonly<Record<OperationName, Operation>> = {
  latency: { busFactor: () => 1, messagesPerRun: 2, prepare: prepareLatency },
  bandwidth: { busFactor: () => 1, messagesPerRun: windowLength, prepare: prepareBandwidth },
  allreduce: { busFactor: (n) => (2 * (n - 1)) / n, messagesPerRun: 1, prepare: prepareAllreduce },
  gather: { busFactor: (n) => (n - 1) / n, messagesPerRun: 1, prepare: prepareGather },
};

/** Rank i and rank i + n/2; of an odd number the last has none. */
function partnerOf({ rank, size }: Communicator): number | undefined {
  const half = Math.floor(size / 2);
  if (rank < half) return rank + half;
  return rank < 2 * half ? rank - half : undefined;
}

/** There and back. */
function prepareLatency(communicator: Communicator, bytes: number): Prepared {
  return preparePair(communicator, bytes, ({ isFirst, partner, mine, theirs }) => {
    if (isFirst) communicator.send(mine, partner, tag);
    communicator.receiveInto(theirs, partner, tag);
    if (!isFirst) communicator.send(mine, partner, tag);
    return true;
  });
}

/** The window one way, an empty message back. */
function prepareBandwidth(communicator: Communicator, bytes: number): Prepared {
  const empty = new Uint8Array();
  return preparePair(communicator, bytes, ({ isFirst, partner, mine, theirs }) => {
    for (let i = 0; i < windowLength; i++)
      if (isFirst) communicator.send(mine, partner, tag);
      else communicator.receiveInto(theirs, partner, tag);
    if (isFirst) communicator.receiveInto(empty, partner, tag);
    else communicator.send(empty, partner, tag);
    return !isFirst;
  });
}

interface Pair {
  /** The rank that sends first. */
  readonly isFirst: boolean;
  readonly partner: number;
  readonly mine: Uint8Array;
  readonly theirs: Uint8Array;
}

/** `exchange` answers whether this rank has got its partner's bytes. */
function preparePair(communicator: Communicator, bytes: number, exchange: (pair: Pair) => boolean): Prepared {
  const { rank } = communicator;
  const partner = partnerOf(communicator);
  if (partner === undefined) return { bytes, takesPart: false, run() {}, check: () => ({ wrong: 0, checksum: 0 }) };
  const theirs = new Uint8Array(bytes);
  const pair = { isFirst: rank < partner, partner, mine: patternBytes(bytes, rank), theirs };
  const check = () => {
    theirs.fill(0);
    const received = exchange(pair);
    return compare(theirs, received ? patternBytes(bytes, partner) : new Uint8Array(bytes));
  };
  return { bytes, takesPart: true, run: () => exchange(pair), check };
}

function prepareAllreduce(communicator: Communicator, bytes: number): Prepared {
  const values = new Float32Array(bytes / Float32Array.BYTES_PER_ELEMENT);
  // Zeros stay what they are, however often they are summed.
  const run = () => communicator.allreduce(values, 'sum');
  const check = () => {
    for (let i = 0; i < values.length; i++) values[i] = termOf(i, communicator.rank);
    run();
    const sums = values.map((_, i) => sumOver(communicator.size, (rank) => termOf(i, rank)));
    const checked = compare(values, sums);
    values.fill(0);
    return checked;
  };
  return { bytes, takesPart: true, run, check };
}

function prepareGather(communicator: Communicator, bytes: number): Prepared {
  const { rank, size } = communicator;
  const share = Math.floor(bytes / size);
  const mine = patternBytes(share, rank);
  const all = new Uint8Array(rank === 0 ? share * size : 0);
  const run = () => communicator.gatherInto(mine, all, 0);
  const check = () => {
    all.fill(0);
    run();
    const sent = new Uint8Array(all.length);
    if (rank === 0) for (let r = 0; r < size; r++) sent.set(patternBytes(share, r), r * share);
    return compare(all, sent);
  };
  return { bytes: share * size, takesPart: true, run, check };
}

/** Bytes that tell rank and place; never 0, which is what the receiver has before. */
function patternBytes(length: number, rank: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = 1 + ((i * 31 + (i >>> 8) + rank * 101) % 255);
  return bytes;
}

/** Small whole numbers: their sums are exact in float32. */
function termOf(index: number, rank: number): number {
  return ((index * 7 + rank * 13) % 101) - 50;
}

function sumOver(ranks: number, term: (rank: number) => number): number {
  let sum = 0;
  for (let rank = 0; rank < ranks; rank++) sum += term(rank);
  return sum;
}

function compare<T extends Uint8Array | Float32Array>(got: T, expected: T): Checked {
  let wrong = 0;
  for (let i = 0; i < expected.length; i++) if (got[i] !== expected[i]) wrong++;
  return { wrong, checksum: crc32(new Uint8Array(got.buffer, got.byteOffset, got.byteLength)) };
}
