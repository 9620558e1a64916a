import type { LineFit } from '../bench/mpi/fit.js';
import type { NetworkFits } from '../bench/scaling/network.js';
import { type Transfer, transferSeconds } from '../bench/scaling/predict.js';
import type { Link } from '../costs/links.js';
import * as collectives from './collectives.js';

/** How a figure is known; fitted: from others that were measured. */
export type Origin = 'measured' | 'fitted' | 'given' | 'assumed';

/** A link between any two ranks, and what is known of it besides. */
export interface Network extends Transfer {
  readonly name: string;
  readonly origin: Origin;
  /** By the number of ranks: allreduces that were measured themselves, which no formula stands in for. */
  readonly allreduces?: ReadonlyMap<number, LineFit>;
}

/** GB/s by their names; latencies of a message as they commonly are between two nodes, by RDMA or, on Ethernet, TCP. */
export const commonLinks: readonly Link[] = [
  { name: 'IB 200 Gb', bandwidth: 25, latencyMicroseconds: 1.5 },
  { name: 'Eth 100 Gb', bandwidth: 12.5, latencyMicroseconds: 10 },
  { name: 'Eth 10 Gb', bandwidth: 1.25, latencyMicroseconds: 25 },
];

/** That of the job which measured it; undefined where it had one rank. */
export function measuredNetwork(fits: readonly NetworkFits[]): Network | undefined {
  const { message } = fits.at(-1) ?? {};
  if (!message) return undefined;
  const measured = fits.flatMap(({ ranks, allreduce }) => (allreduce ? [[ranks, allreduce] as const] : []));
  const { latencyMicroseconds, bandwidth } = message;
  return { name: 'as measured', origin: 'measured', latencyMicroseconds, bandwidth, allreduces: new Map(measured) };
}

export function allreduceSeconds(network: Network, ranks: number, bytes: number): number {
  const fit = network.allreduces?.get(ranks);
  return fit ? transferSeconds(fit, 1, bytes) : collectives.allreduce(network, ranks, bytes);
}
