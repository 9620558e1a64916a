import { crc32 } from 'node:zlib';
import type { Communicator } from '../../../dist/communicator.js';
import { median } from '../../../engines/throughput.js';
import { InputError } from '../../../errors.js';
import { fitRows, type LineFit } from '../mpi/fit.js';
import { measure } from '../mpi/measure.js';
import { operations } from '../mpi/operations.js';
import { bring, type Way } from './ways.js';

/** Of all octants: seconds by the clock, medians over rounds. */
export interface Times {
  /** From the first rank's memory to the second's, encoding and decoding included. */
  readonly total: number;
  /** Each alone, the other rank waiting; nothing to speak of where the octants are sent as they are. */
  readonly encode: number;
  readonly decode: number;
}

const repeats = { iterations: 3, warmUp: 1, rounds: 3 };

/** One message from rank to rank, of sizes that double from the least to the most of what is sent. A collective call. */
export function fitLink(communicator: Communicator, ways: readonly Way[]): LineFit | undefined {
  const lengths = ways.map(({ message }) => message.length);
  const [least, most] = [Math.min(...lengths), Math.max(...lengths)];
  const sizes = [most];
  while (sizes.length < 2 || sizes[0] / 2 >= least) sizes.unshift(Math.floor(sizes[0] / 2));
  return fitRows(measure(communicator, operations.latency, sizes, repeats));
}

/**
 * The ways take turns, so that other work on the machines and the link meets all of them alike; a first round, which warms up, does not
 * count. Rank 0 gets the times. Throws InputError where something arrives otherwise than sent. A collective call.
 */
export async function timeWays(communicator: Communicator, ways: readonly Way[], rounds: number): Promise<Times[]> {
  const { rank } = communicator;
  const found: Times[][] = ways.map(() => []);
  for (let round = 0; round <= rounds; round++)
    for (const [i, way] of ways.entries()) {
      const times = {
        total: await secondsOf(communicator, 0, () => bring(communicator, way)),
        encode: await secondsOf(communicator, 0, () => (rank === 0 ? way.encode?.() : undefined)),
        decode: await secondsOf(communicator, 1, () => (rank === 1 ? way.decode?.() : undefined)),
      };
      if (round > 0) found[i].push(times);
    }
  for (const { message } of ways) requireSame(communicator, message);
  return found.map((times) => ({
    total: median(times.map(({ total }) => total)),
    encode: median(times.map(({ encode }) => encode)),
    decode: median(times.map(({ decode }) => decode)),
  }));
}

/** By the clock of rank `worker`, on every rank. Who has nothing to do waits as in a transfer. */
async function secondsOf(
  communicator: Communicator,
  worker: number,
  action: () => Promise<void> | undefined,
): Promise<number> {
  communicator.barrier();
  const started = performance.now();
  await action();
  const seconds = Float64Array.of((performance.now() - started) / 1000);
  communicator.broadcast(seconds, worker);
  return seconds[0];
}

function requireSame(communicator: Communicator, message: Uint8Array): void {
  const [sent, received] = communicator.allgather(Buffer.from(crc32(message).toString(16)));
  if (Buffer.compare(sent, received) !== 0)
    throw new InputError(
      `a message of ${message.length} bytes arrived otherwise than sent: CRC-32 ${sent}, then ${received}`,
    );
}
