import { arch, cpus, hostname, release, type } from 'node:os';
import type { Communicator } from '../../dist/communicator.js';
import { version } from '../../version.js';

/** What the figures were taken on. */
export interface Machine {
  readonly swae: string;
  readonly node: string;
  readonly date: string;
  /** Of rank 0. */
  readonly processor: string;
  readonly cores: number;
  readonly system: string;
  /** Of MPI, with its version. */
  readonly library: string;
  readonly ranks: number;
  /** Host names, and how many ranks each has. */
  readonly nodes: readonly { readonly name: string; readonly ranks: number }[];
}

/** A collective call. */
export function describeMachine(communicator: Communicator): Machine {
  const { library, size, localRank, localSize } = communicator;
  // One rank speaks for its node, since two nodes may have the same name.
  const mine = localRank === 0 ? JSON.stringify({ name: hostname(), ranks: localSize }) : '';
  const nodes = communicator.allgather(Buffer.from(mine)).filter((bytes) => bytes.length > 0);
  return {
    swae: version,
    node: process.version,
    date: new Date().toISOString(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    system: `${type()} ${release()} ${arch()}`,
    library,
    ranks: size,
    nodes: nodes.map((bytes) => JSON.parse(Buffer.from(bytes).toString())),
  };
}

/** Lines that begin with #. `command`: e.g. "bench mpi". */
export function formatMachine(
  command: string,
  { swae, node, date, processor, cores, system, library, ranks, nodes }: Machine,
): string {
  return [
    `# swae ${swae} ${command}, Node ${node}, ${date}`,
    `# machine  ${processor}, ${cores} cores, ${system}`,
    `# library  ${library}`,
    `# ranks    ${ranks} on ${nodes.length} node(s): ${nodes.map((at) => `${at.name} ${at.ranks}`).join(', ')}`,
  ].join('\n');
}
