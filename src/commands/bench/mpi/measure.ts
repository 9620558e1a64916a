import type { Communicator } from '../../../dist/communicator.js';
import type { Checked, Operation, Prepared } from './operations.js';

export interface Repeats {
  /** Timed runs; undefined: by size. */
  readonly iterations: number | undefined;
  readonly warmUp: number | undefined;
  /** Of which the fastest counts. */
  readonly rounds: number;
}

/** One size of one operation. Times are of one message or collective call, in microseconds. */
export interface Row {
  readonly bytes: number;
  readonly iterations: number;
  readonly warmUp: number;
  /** Over the ranks that take part, of each rank's mean over its runs. */
  readonly minMicroseconds: number;
  readonly avgMicroseconds: number;
  readonly maxMicroseconds: number;
  /** GB/s (10⁹ bytes): size over avg. */
  readonly algbw: number;
  /** What the slowest link carries if the algorithm is the best there is. */
  readonly busbw: number;
  /** Elements that are not what was sent, of all ranks. */
  readonly wrong: number;
  /** CRC-32 of the result of each rank. */
  readonly checksums: readonly number[];
}

/** Without a wish, so many bytes are moved at each size, within limits. */
const bytesPerSize = 2 ** 28;
const [fewest, most] = [10, 1000];

/** A collective call; every rank gets the rows. */
export function measure(
  communicator: Communicator,
  operation: Operation,
  sizes: readonly number[],
  repeats: Repeats,
): Row[] {
  return sizes.flatMap((size) => {
    const prepared = operation.prepare(communicator, size);
    return prepared.bytes === 0 ? [] : [measureSize(communicator, operation, prepared, repeats)];
  });
}

function measureSize(communicator: Communicator, operation: Operation, prepared: Prepared, repeats: Repeats): Row {
  const { busFactor, messagesPerRun } = operation;
  const { bytes } = prepared;
  const automatic = Math.round(bytesPerSize / (bytes * messagesPerRun));
  const iterations = repeats.iterations ?? Math.max(fewest, Math.min(most, automatic));
  const warmUp = repeats.warmUp ?? Math.max(5, Math.round(iterations / 10));
  const rounds = Array.from({ length: repeats.rounds }, () =>
    timesOfRanks(communicator, prepared, warmUp, iterations).map((time) => time / messagesPerRun),
  );
  const times = rounds.reduce((best, round) => (mean(round) < mean(best) ? round : best));
  const checked = checkOnRanks(communicator, prepared);
  const avgMicroseconds = mean(times);
  const algbw = bytes / avgMicroseconds / 1e3;
  return {
    bytes,
    iterations,
    warmUp,
    minMicroseconds: Math.min(...times),
    avgMicroseconds,
    maxMicroseconds: Math.max(...times),
    algbw,
    busbw: algbw * busFactor(communicator.size),
    wrong: checked.reduce((sum, { wrong }) => sum + wrong, 0),
    checksums: checked.map(({ checksum }) => checksum),
  };
}

/** Mean time of a run in microseconds, of each rank that takes part. */
function timesOfRanks(communicator: Communicator, prepared: Prepared, warmUp: number, iterations: number): number[] {
  const { run, takesPart } = prepared;
  for (let i = 0; i < warmUp; i++) run();
  communicator.barrier();
  const started = performance.now();
  for (let i = 0; i < iterations; i++) run();
  const mine = ((performance.now() - started) * 1e3) / iterations;
  return gatherNumbers(communicator, takesPart ? [mine] : []).flat();
}

function checkOnRanks(communicator: Communicator, prepared: Prepared): Checked[] {
  const { wrong, checksum } = prepared.check();
  return gatherNumbers(communicator, [wrong, checksum]).map(([count, sum]) => ({ wrong: count, checksum: sum }));
}

/** Those of every rank, on every rank. */
function gatherNumbers(communicator: Communicator, mine: readonly number[]): number[][] {
  const gathered = communicator.allgather(new Uint8Array(Float64Array.from(mine).buffer));
  return gathered.map((bytes) => [...new Float64Array(bytes.buffer)]);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
