import type { Communicator } from '../../dist/communicator.js';
import { gatherInOrder } from '../../dist/gather.js';
import { deal } from '../../dist/partition.js';
import { startProgress } from '../progress.js';
import { sampleShares } from '../survey/samples.js';
import type { Output } from './output.js';
import { bytesOfUnit, type Plan, type Unit, unitsOf } from './plan.js';
import { packResult, type SlabFailure, type SlabResult, unpackResult, withoutValues } from './result.js';
import type { RunFolder } from './run-folder.js';
import type { StageClock } from './stages.js';
import type { Worker } from './worker.js';
import type { Group } from './writers.js';

/** What a rank works with. */
export interface Workplace {
  readonly plan: Plan;
  readonly folder: RunFolder;
  readonly worker: Worker;
  /** The first rank of the group has it. */
  readonly output: Output | undefined;
  readonly clock: StageClock;
}

/**
 * The ranks of a group make the results of its files, and its first rank writes them down. `writeShare`: what it spends on writing a slab,
 * in parts of what a rank spends on making it. A collective call of the group.
 */
export async function compressGroup(
  communicator: Communicator,
  { index: groupIndex, ranks, files }: Group,
  { plan, folder, worker, output, clock }: Workplace,
  writeShare: number,
): Promise<void> {
  const all = unitsOf(plan);
  const shares = sampleShares(all);
  const own = new Set(files);
  const units = all.flatMap((unit, index) => (own.has(unit.file) ? [{ unit, share: shares[index] }] : []));
  const weights = units.map(({ unit }) => bytesOfUnit(plan, unit));
  const owners = deal(weights, ranks.end - ranks.start, writeShare).map((rank) => ranks.start + rank);
  const done = folder.done[groupIndex].length;
  // Rank 0 shows its own; the other groups are about as far.
  const groups = folder.done.length;
  const total = groups * weights.reduce((sum, weight) => sum + weight, 0);
  const progress = startProgress({ label: 'compress', total, unit: 'B' });
  await gatherInOrder(
    communicator,
    owners,
    { pack: packResult, unpack: unpackResult },
    async (index) => {
      clock.lap('gather');
      const recorded = index < done ? folder.read(groupIndex, index) : undefined;
      return produceUnit(worker, units[index].unit, units[index].share, recorded);
    },
    (index, result) => {
      clock.lap('gather');
      // Unless an earlier start has done so.
      if (index >= done) folder.record(packResult(withoutValues(result)));
      output!.write(units[index].unit, result);
      clock.lap('write');
      progress.advance(groups * weights[index]);
    },
    ranks.start,
  );
  output?.closeFiles();
  clock.lap(output ? 'write' : 'gather');
  progress.finish();
}

/** `recorded`: what an earlier start has left of it. */
async function produceUnit(
  worker: Worker,
  unit: Unit,
  share: number | undefined,
  recorded: Uint8Array | undefined,
): Promise<SlabResult | SlabFailure> {
  const earlier = recorded && unpackResult(recorded);
  // What could not be read then may be there now.
  if (!earlier || 'failure' in earlier) return worker.process(unit, share);
  return worker.restore(unit, earlier, share);
}
