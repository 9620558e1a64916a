import type { Communicator } from '../dist/communicator.js';

/** What a run has to work with: "4 rank(s) of 2 thread(s) on cuda, Open MPI …". `device`: as asked for. */
export function describeRanks({ size, library }: Communicator, threads: number, device: string): string {
  return `${size} rank(s) of ${threads} thread(s)${device === 'cpu' ? '' : ` on ${device}`}, ${library}`;
}
