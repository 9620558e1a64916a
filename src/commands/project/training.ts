import { allgather } from './collectives.js';
import type { Exchange } from './exchanges.js';
import { allreduceSeconds, type Network } from './network.js';

export interface TrainingConstants {
  readonly gradientBytes: number;
  readonly exchanges: readonly Exchange[];
  /** Random directions of the sliced Wasserstein distance. */
  readonly projections: number;
  /** For each block of the batch of all ranks and each direction. */
  readonly sortSeconds: number;
  /** Seconds of a step of one rank alone on so many blocks. */
  alone(rows: number): number;
}

/** What the time of a step goes to, one after the other. */
export const stepParts = ['compute', 'sort', 'latents', 'gradients', 'statistics'] as const;
export type StepPart = (typeof stepParts)[number];

export interface ProjectedStep {
  readonly ranks: number;
  /** Blocks of all ranks. */
  readonly rows: number;
  readonly seconds: number;
  /** Seconds. */
  readonly parts: Readonly<Record<StepPart, number>>;
  /** The longest part. */
  readonly bottleneck: StepPart;
  /** Speed of a rank, of that of one alone: on all the blocks (strong), or on its own (weak). */
  readonly efficiency: number;
}

export type Scaling = 'strong' | 'weak';

/**
 * A step of `batch` blocks in all (strong) or for each rank (weak): what a rank takes alone for its own (as `predictStep` of `swae bench
 * scaling` has it); what it sorts of the other ranks' blocks; the exchange of latents and of their gradients, and with
 * batch normalisation of statistics; the sum of the gradients. Undefined where there are fewer blocks than ranks.
 */
export function projectStep(
  constants: TrainingConstants,
  network: Network,
  scaling: Scaling,
  batch: number,
  ranks: number,
): ProjectedStep | undefined {
  if (scaling === 'strong' && batch < ranks) return undefined;
  const rows = scaling === 'strong' ? batch : batch * ranks;
  const own = Math.ceil(rows / ranks);
  const [growing, fixed] = [true, false].map((grows) =>
    constants.exchanges.filter(({ bytesPerRow }) => bytesPerRow > 0 === grows),
  );
  const exchange = (exchanges: readonly Exchange[]) =>
    exchanges.reduce((sum, each) => sum + exchangeSeconds(each, network, ranks, rows), 0);
  const parts = {
    compute: constants.alone(own),
    sort: sortMore(constants, ranks, rows, own),
    latents: exchange(growing),
    gradients: ranks === 1 ? 0 : allreduceSeconds(network, ranks, constants.gradientBytes),
    statistics: exchange(fixed),
  };
  const seconds = stepParts.reduce((sum, part) => sum + parts[part], 0);
  const bottleneck = stepParts.reduce((most, part) => (parts[part] > parts[most] ? part : most));
  const ideal = constants.alone(scaling === 'strong' ? batch : own) / (scaling === 'strong' ? ranks : 1);
  return { ranks, rows, seconds, parts, bottleneck, efficiency: ideal / seconds };
}

/** Beyond what it sorts alone of its own blocks: those of all are sorted along its share of the directions, one at least. */
function sortMore({ sortSeconds, projections }: TrainingConstants, ranks: number, rows: number, own: number): number {
  const sorted = Math.ceil(projections / ranks) * rows - projections * own;
  return sortSeconds * Math.max(0, sorted);
}

function exchangeSeconds(
  { operator, bytes, bytesPerRow }: Exchange,
  network: Network,
  ranks: number,
  rows: number,
): number {
  if (ranks === 1) return 0;
  const total = bytes + bytesPerRow * rows;
  return operator === 'AllGather' ? allgather(network, ranks, total) : allreduceSeconds(network, ranks, total);
}

/** The part of a step that is not computing. */
export function overhead({ parts, seconds }: ProjectedStep): number {
  return 1 - parts.compute / seconds;
}

const mostRows = 2 ** 20;

/**
 * The least power of two of blocks for each rank, more than `batch`, at which the overhead is `share` or less; undefined where it never is, for
 * part of it grows with the blocks.
 */
export function batchFor(
  constants: TrainingConstants,
  network: Network,
  batch: number,
  ranks: number,
  share: number,
): number | undefined {
  for (let more = 1; more <= mostRows; more *= 2)
    if (more > batch && overhead(projectStep(constants, network, 'weak', more, ranks)!) <= share) return more;
  return undefined;
}
