import type { Communicator } from './communicator.js';

/** One process alone. Loads no library; collectives leave their buffer as it is. */
export function connectSolo(): Communicator {
  return {
    rank: 0,
    size: 1,
    localRank: 0,
    localSize: 1,
    library: 'solo',
    barrier() {},
    broadcast() {},
    allreduce() {},
    reduce() {},
    allgather: (bytes) => [bytes.slice()],
    gather: (bytes) => [bytes.slice()],
    gatherInto: (bytes, into) => into.set(bytes),
    exchange: (messages) => messages.map((message) => message.slice()),
    send: noOtherRank,
    receive: noOtherRank,
    receiveInto: noOtherRank,
    startSend: noOtherRank,
    first: connectSolo,
    finalize() {},
    abort: (code) => process.exit(code),
  };
}

function noOtherRank(): never {
  throw new Error('solo: there is no other rank to exchange messages with');
}
