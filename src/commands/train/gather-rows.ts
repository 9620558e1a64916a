import type { Communicator } from '../../dist/communicator.js';

/** The values of all ranks, in their order, on every rank. A collective call. */
export function gatherRows(communicator: Communicator, rows: Float32Array): Float32Array {
  const parts = communicator.allgather(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength));
  // A copy, since small buffers of Node share their memory with others.
  return new Float32Array(new Uint8Array(Buffer.concat(parts)).buffer);
}
