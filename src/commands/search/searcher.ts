import { setTimeout } from 'node:timers/promises';
import type { Interruption } from '../../dist/interruption.js';
import { nameOf, parseDevice } from '../../engines/onnx/device.js';
import { exitCode } from '../../errors.js';
import { complain, printSummary, say } from '../../terminal.js';
import type { Place } from '../command-module.js';
import { resolveThreads } from '../options.js';
import { selectVariables } from '../select.js';
import { type Claim, Claims } from './claims.js';
import { defineSearch, trainingOf } from './definition.js';
import { labelsOf } from './labels.js';
import { describeOutcome, describeResult, describeSearch, describeStart } from './report.js';
import type { Result } from './result.js';
import type { SearchOptions } from './run-options.js';
import { SearchFolder, type Task } from './search-folder.js';
import { type Outcome, startTrial } from './trial.js';

/** Between two looks at what others have done: longer and longer, for the sake of the file system. */
const pauses = { first: 200, longest: 5000 };
const signalMilliseconds = 100;

/** Takes one trial after another until all have ended, here or elsewhere. */
export async function search(place: Place, asked: SearchOptions, interruption: Interruption): Promise<number> {
  const { definition, leftOut } = defineSearch(asked);
  const options = { ...asked, ...resources(place, asked) };
  // Where there is nothing to train on, no trial needs to find that out.
  selectVariables(options.input, options.variables);
  const folder = SearchFolder.join(options.outputDir, definition);
  const speaksForAll = place.rank === 0;
  const labels = labelsOf(definition.trials.map(({ configuration }) => configuration));
  if (speaksForAll) say(describeSearch(definition, leftOut, labels));
  interruption.defer();
  const claims = new Claims(options.staleAfter);
  let pause = pauses.first;
  for (let tasks = folder.openTasks(); tasks.length > 0; tasks = folder.openTasks()) {
    const signal = await interruption.signal();
    if (signal) return stopped(folder, signal, speaksForAll);
    const taken = take(folder, claims, tasks);
    if (taken) {
      say(describeStart(taken.task, tasks.length - 1, folder.definition, labels));
      const result = await perform(folder, taken, options, interruption);
      if (result) say(describeResult(result, definition.rungs, labels));
      pause = pauses.first;
    } else if (options.wait) {
      await setTimeout(pause);
      pause = Math.min(2 * pause, pauses.longest);
    } else break;
  }
  return speaksForAll ? conclude(folder) : exitCode.success;
}

/** The first rank speaks for all. A launcher ends the other ranks when one fails: nothing fails while trials are under way. */
function conclude(folder: SearchFolder): number {
  const standings = folder.standings();
  printSummary(standings, describeOutcome(folder.path, standings));
  const failed = standings.filter(({ state }) => state === 'failed');
  for (const { trial, result } of failed) complain(`trial ${trial}: ${result!.failure}`);
  if (failed.length === 0 || standings.some(({ state }) => state === 'under way')) return exitCode.success;
  return failed.length < standings.length ? exitCode.partial : exitCode.failure;
}

/** Of a rank's own. Ranks of other nodes are counted among those that share the cores; launch.sh knows better, and says so. */
function resources({ size, localRank }: Place, options: SearchOptions): { threads: number; device: string } {
  const device = parseDevice(options.device, localRank);
  const threads = resolveThreads(options.threads, size);
  return { threads, device: nameOf(device) };
}

interface Taken {
  readonly task: Task;
  readonly claim: Claim;
}

/** The first of the tasks that nobody works on. */
function take(folder: SearchFolder, claims: Claims, tasks: readonly Task[]): Taken | undefined {
  for (const task of tasks) {
    const claim = claims.take(folder.folderOf(task.trial));
    // Meanwhile another process may have ended both the task and its claim.
    if (claim && folder.result(task)) claim.end('needless');
    else if (claim) return { task, claim };
  }
  return undefined;
}

/** Trains and measures a trial to the end of its rung; gives no result where a signal ends that, or the claim is lost. */
async function perform(
  folder: SearchFolder,
  { task, claim }: Taken,
  options: SearchOptions,
  interruption: Interruption,
): Promise<Result | undefined> {
  const { trials, rungs } = folder.definition;
  const { configuration } = trials.find(({ name }) => name === task.trial)!;
  const place = { folder: folder.folderOf(task.trial), epochs: rungs[task.rung] };
  const trial = startTrial(trainingOf(options, configuration, place));
  let isLost = false;
  claim.keep([trial.pid], () => {
    isLost = true;
    trial.kill('SIGKILL');
  });
  const outcome = await forwardSignals(trial, interruption);
  if (isLost) {
    complain(`${task.trial}: this process was held up and has lost it to another`);
    return undefined;
  }
  if (outcome === 'interrupted') {
    claim.end('interrupted');
    return undefined;
  }
  const result = { ...task, configuration, ...found(outcome, claim) };
  folder.record(result);
  claim.end('done');
  return result;
}

async function forwardSignals(trial: ReturnType<typeof startTrial>, interruption: Interruption): Promise<Outcome> {
  let outcome: Outcome | undefined;
  const ended = trial.outcome.then((value) => {
    outcome = value;
  });
  let isTold = false;
  while (outcome === undefined) {
    await Promise.race([ended, setTimeout(signalMilliseconds)]);
    if (isTold || !(await interruption.signal())) continue;
    trial.kill('SIGTERM');
    isTold = true;
  }
  return outcome;
}

function found(outcome: Exclude<Outcome, 'interrupted'>, claim: Claim): Pick<Result, 'measured' | 'failure'> {
  if ('measured' in outcome) return { measured: { ...outcome.measured, seconds: claim.secondsSpent() } };
  return { failure: 'failure' in outcome ? outcome.failure : `its process ${outcome.died}; log.txt may say why` };
}

function stopped(folder: SearchFolder, signal: NodeJS.Signals, speaksForAll: boolean): number {
  const text = `${signal} stopped the search; the same command goes on`;
  const summary = { folder: folder.path, finished: false, stoppedBy: signal, trials: folder.standings() };
  if (speaksForAll) printSummary(summary, text);
  else say(text);
  return exitCode.interrupted;
}
