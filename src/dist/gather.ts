import type { Communicator, Request } from './communicator.js';
import { hearSignals } from './interruption.js';

const unitTag = 17;
const maxOutstandingSends = 2;

/** How a result travels. */
export interface Packing<Result> {
  /** Gives bytes that nobody will touch again. */
  pack(result: Result): Uint8Array;
  unpack(bytes: Uint8Array): Result;
}

/**
 * Collects the results of units 0 … owners.length − 1 on rank `root`, in order. Unit u is produced by rank owners[u]; on the root
 * `consume` gets each in turn, and on the other ranks it is not called. Those of the root itself are not packed. A collective call of the
 * root and the owners; groups that share no rank may gather at the same time. Between units signals are heard.
 *
 * Memory does not grow with the number of units: a rank has at most two units under way and one in the making, the root holds the
 * unit that it consumes, and a send is done only when the root takes it, so nothing piles up there unseen.
 *
 * It cannot deadlock. The root waits only for the owner of the next unit u. All earlier units of that owner have been
 * received, so none of its sends is outstanding, and it waits for nothing until it has sent u. Every other rank waits
 * only for the root, which goes on to its unit by the same argument. (A `produce` that waits for another rank breaks this.)
 */
export async function gatherInOrder<Result>(
  communicator: Communicator,
  owners: Uint32Array,
  { pack, unpack }: Packing<Result>,
  produce: (unit: number) => Promise<Result>,
  consume: (unit: number, result: Result) => void | Promise<void>,
  root = 0,
): Promise<void> {
  if (communicator.rank !== root)
    return sendUnits(communicator, owners, async (unit) => pack(await produce(unit)), root);
  for (const [unit, owner] of owners.entries()) {
    await hearSignals();
    await consume(unit, owner === root ? await produce(unit) : unpack(communicator.receive(owner, unitTag)));
  }
}

async function sendUnits(
  communicator: Communicator,
  owners: Uint32Array,
  produce: (unit: number) => Promise<Uint8Array>,
  root: number,
): Promise<void> {
  const outstanding: Request[] = [];
  for (const [unit, owner] of owners.entries()) {
    if (owner !== communicator.rank) continue;
    await hearSignals();
    const bytes = await produce(unit);
    if (outstanding.length === maxOutstandingSends) outstanding.shift()!.wait();
    outstanding.push(communicator.startSend(bytes, root, unitTag));
  }
  for (const request of outstanding) request.wait();
}
