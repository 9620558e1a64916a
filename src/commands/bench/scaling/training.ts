import type { Communicator } from '../../../dist/communicator.js';
import { onFirst } from '../../../dist/first-ranks.js';
import { median } from '../../../engines/throughput.js';
import type { Setting } from '../speed/setting.js';
import { type OptimiserName, openSteps } from '../speed/training.js';

export interface StepTiming {
  readonly rounds: number;
  /** Steps of a round. */
  readonly steps: number;
}

/** Seconds of a step on the first `ranks` ranks, by the clock of the slowest: a median over rounds. A collective call. */
export async function measureSteps(
  communicator: Communicator,
  ranks: number,
  setting: Omit<Setting, 'bare'>,
  optimiser: OptimiserName,
  { rounds, steps }: StepTiming,
): Promise<number | undefined> {
  return onFirst(communicator, ranks, async (group) => {
    const { run, release } = await openSteps(group, setting, optimiser);
    const seconds: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      group.barrier();
      const started = performance.now();
      for (let step = 0; step < steps; step++) await run();
      const slowest = Float64Array.of((performance.now() - started) / 1000 / steps);
      group.allreduce(slowest, 'max');
      // The first round warms up.
      if (round > 0) seconds.push(slowest[0]);
    }
    await release();
    return median(seconds);
  });
}
