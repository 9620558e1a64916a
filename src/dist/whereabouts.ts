/** What a rank is doing, in memory that its main thread writes and its watchdog reads while the main thread is blocked. */

export const operations = [
  'barrier',
  'broadcast',
  'allreduce',
  'reduce',
  'allgather',
  'gather',
  'exchange',
  'send',
  'receive',
  'wait for a send',
] as const;
export type Operation = (typeof operations)[number];

export interface Whereabouts {
  /** Rises when an operation begins and when it ends: odd within one. */
  readonly events: number;
  /** The one under way, or the last. */
  readonly operation: Operation;
  /** Collective operations begun: every rank makes the same, so a rank with fewer has not arrived. */
  readonly collectives: number;
  /** The other rank of a message; undefined in a collective operation. */
  readonly peer: number | undefined;
}

const places = { events: 0, operation: 1, collectives: 2, peer: 3 } as const;
const nobody = -1;

export function createWhereabouts(): SharedArrayBuffer {
  return new SharedArrayBuffer(Object.keys(places).length * Int32Array.BYTES_PER_ELEMENT);
}

/** Notes an operation around `action`; with `peer` it is a message, else a collective one. */
export function during<T>(memory: Int32Array, operation: Operation, peer: number | undefined, action: () => T): T {
  Atomics.store(memory, places.operation, operations.indexOf(operation));
  Atomics.store(memory, places.peer, peer ?? nobody);
  if (peer === undefined) Atomics.add(memory, places.collectives, 1);
  Atomics.add(memory, places.events, 1);
  try {
    return action();
  } finally {
    Atomics.add(memory, places.events, 1);
  }
}

export function readWhereabouts(memory: Int32Array): Whereabouts {
  const peer = Atomics.load(memory, places.peer);
  return {
    events: Atomics.load(memory, places.events),
    operation: operations[Atomics.load(memory, places.operation)]!,
    collectives: Atomics.load(memory, places.collectives),
    peer: peer === nobody ? undefined : peer,
  };
}
