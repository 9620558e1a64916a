import {
  type CompressionSetting,
  type ProjectedCompression,
  projectCompression,
  usefulRanks,
  usefulWriters,
} from './compression.js';
import type { Network } from './network.js';
import { formatCount, formatTime, percent } from './tables.js';
import { batchFor, overhead, projectStep, stepParts, type TrainingConstants } from './training.js';

/** Of a step, at the most: beyond it more ranks are hardly worth it. */
const bearable = 0.2;

/** What limits the training on `ranks` ranks, in words, and what to change. */
export function adviseTraining(
  constants: TrainingConstants,
  network: Network,
  batchSize: number,
  ranks: number,
): string[] {
  if (ranks === 1) return [];
  const step = projectStep(constants, network, 'weak', batchSize, ranks)!;
  const [most] = stepParts.slice(1).sort((a, b) => step.parts[b] - step.parts[a]);
  const where = `train on ${formatCount(ranks)} ranks of ${formatCount(batchSize)} blocks`;
  const found = `${where}: ${percent(overhead(step))} of a step is not computing, most of it ${describe[most]} (${formatTime(step.parts[most])}).`;
  return [found, ...batchAdvice(constants, network, batchSize, ranks)];
}

const describe = {
  compute: 'computing',
  'draw and sort': 'drawing the prior and sorting for the blocks of all ranks, which each rank does',
  latents: 'the exchange of all latents',
  gradients: 'the sum of the gradients',
  statistics: 'the statistics of batch normalisation',
} as const;

function batchAdvice(constants: TrainingConstants, network: Network, batchSize: number, ranks: number): string[] {
  const isBearable = (count: number) =>
    overhead(projectStep(constants, network, 'weak', batchSize, count)!) <= bearable;
  if (isBearable(ranks)) return [`  That is well: no change needed.`];
  const batch = batchFor(constants, network, ranks, bearable);
  if (batch !== undefined) {
    const { efficiency } = projectStep(constants, network, 'weak', batch, ranks)!;
    return [
      `  --batch-size of ${formatCount(batch)} blocks a rank brings it to ${percent(bearable)} or less: efficiency ${percent(efficiency)}.`,
    ];
  }
  let fewer = ranks;
  while (fewer > 1 && !isBearable(fewer)) fewer = Math.floor(fewer / 2);
  return [
    `  No batch brings it to ${percent(bearable)}, as it grows with the blocks of all ranks; up to some ${formatCount(fewer)} ranks it is less.`,
  ];
}

/**
 * What limits the compression on `ranks` ranks, in words, and what each change would bring. `archived`: the same without a
 * reconstruction, where there is one to leave out.
 */
export function adviseCompression(
  setting: CompressionSetting,
  archived: CompressionSetting | undefined,
  ranks: number,
  writers: number,
): string[] {
  const now = projectCompression(setting, ranks, writers);
  const useful = usefulRanks(setting, ranks, writers);
  const writing = `${formatCount(now.writers)} writing rank(s)`;
  const found = `compress on ${formatCount(ranks)} ranks, ${writing}: ${formatTime(now.seconds)}, limited by ${now.bottleneck}.`;
  if (useful === ranks) return [found, '  More ranks would help.'];
  const changes: Change[] = [
    { name: '', setting, writers: usefulWriters(setting, ranks) },
    ...(archived ? [{ name: '--no-reconstruct', setting: archived, writers: now.writers }] : []),
    ...(archived ? [{ name: '--no-reconstruct', setting: archived, writers: usefulWriters(archived, ranks) }] : []),
  ];
  return [
    found,
    `  More than ${formatCount(useful)} rank(s) do not help.`,
    ...changes.flatMap((change) => describeChange(change, ranks, now)),
    ...treeAdvice(setting, now),
  ];
}

interface Change {
  /** Options but for --writers. */
  readonly name: string;
  readonly setting: CompressionSetting;
  readonly writers: number;
}

/** Nothing where it brings less than a hundredth. */
function describeChange({ name, setting, writers }: Change, ranks: number, now: ProjectedCompression): string[] {
  const { seconds, bottleneck } = projectCompression(setting, ranks, writers);
  if (seconds > 0.99 * now.seconds) return [];
  const asked = [name, writers === now.writers ? '' : `--writers ${writers}`].filter((part) => part !== '').join(' ');
  return [`  ${asked}: ${formatTime(seconds)}, then limited by ${bottleneck}.`];
}

/** A tree of ranks that gather for others saves messages to the root, but all bytes come there all the same. */
function treeAdvice({ network, ...setting }: CompressionSetting, now: ProjectedCompression): string[] {
  if (now.bottleneck !== 'gather') return [];
  const { seconds } = projectCompression(
    { ...setting, network: { ...network, latencyMicroseconds: 0 } },
    now.ranks,
    now.writers,
  );
  return [
    `  Gathering by a tree saves latencies alone, ${percent(1 - seconds / now.seconds)} of it: the bytes are as many.`,
  ];
}
