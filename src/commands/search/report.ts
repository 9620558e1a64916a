/** What `search run` says. */
import { formatDecibels } from '../quality.js';
import type { Labels } from './labels.js';
import { type Result, scoreOf } from './result.js';
import type { Definition, Standing, State, Task } from './search-folder.js';

export function describeSearch(
  { trials, rungs, reduction }: Definition,
  leftOut: readonly string[],
  { common }: Labels,
): string {
  const halving =
    rungs.length === 1
      ? `${rungs[0]} epochs each`
      : `${rungs.join(', ')} epochs; of equal ratio the best 1/${reduction} go on each time`;
  return [
    `${trials.length} trial(s), ${halving}`,
    ...(common ? [`all with ${common}`] : []),
    ...leftOut.map((reason) => `left out: ${reason}`),
  ].join('\n');
}

/** `others`: tasks that are known to be wanted besides, by whomever they are worked on. */
export function describeStart(
  { trial, rung }: Task,
  others: number,
  { trials, rungs }: Definition,
  labels: Labels,
): string {
  const { configuration } = trials.find(({ name }) => name === trial)!;
  return `${labels.of(configuration)}: rung ${rung + 1} of ${rungs.length} to ${rungs[rung]} epochs begins, ${others} other(s) open`;
}

export function describeResult(result: Result, rungs: readonly number[], labels: Labels): string {
  const where = `${labels.of(result.configuration)}: rung ${result.rung + 1} of ${rungs.length}`;
  const { measured, failure } = result;
  if (!measured) return `${where}: FAILED, ${failure}`;
  const { epochs, ratio, seconds } = measured;
  return `${where}, ${epochs} epochs: ${formatDecibels(scoreOf(result))} at ratio ${ratio.toFixed(1)}, ${seconds.toFixed(0)} s in all`;
}

export function describeOutcome(path: string, standings: readonly Standing[]): string {
  const count = (wanted: State) => standings.filter(({ state }) => state === wanted).length;
  const states: readonly State[] = ['finished', 'stopped', 'failed', 'under way'];
  const parts = states.filter((state) => count(state) > 0).map((state) => `${count(state)} ${state}`);
  return `${standings.length} trial(s): ${parts.join(', ')}; swae search analyse ${path} compares them`;
}
