import { resolve } from 'node:path';
import { UsageError } from '../../errors.js';
import { requirePositive, requireWhole } from '../options.js';
import type { TrainOptions } from '../train/command.js';
import { checkOptions } from '../train/train.js';
import { type Configuration, drawTrials, makeGrid, nameOf } from './configuration.js';
import { rungEpochs } from './ladder.js';
import { type SearchOptions, sharedNames } from './run-options.js';
import type { Definition } from './search-folder.js';

/** Of the shared options those that leave a trial's outcome as it is, or nearly so. */
const incidental = new Set(['threads', 'device', 'tf32', 'graph-cache', 'checkpoint-every']);

/** What to search by these options, and the combinations that cannot be. Throws UsageError where a value cannot be. */
export function defineSearch(options: SearchOptions): { definition: Definition; leftOut: readonly string[] } {
  checkBudget(options);
  const { configurations, leftOut } = makeGrid(options);
  const trials = chooseTrials(configurations, options);
  const rungs = rungEpochs(options.firstEpochs, options.epochs, options.reduction);
  for (const configuration of trials) checkOptions(trainingOf(options, configuration, { folder: '', epochs: 1 }), 1);
  const shared = sharedNames.filter((name) => !incidental.has(name));
  const definition: Definition = {
    format: 'swae-search',
    formatVersion: 1,
    training: {
      input: options.input.map((path) => resolve(path)),
      ...Object.fromEntries(shared.map((name) => [name, options[name] ?? null])),
    },
    rungs,
    reduction: options.reduction,
    trials: trials.map((configuration) => ({ name: nameOf(configuration), configuration })),
  };
  return { definition, leftOut };
}

/** Training a trial in its folder until it has these epochs behind it, going on from where it is. */
export function trainingOf(
  options: SearchOptions,
  configuration: Configuration,
  { folder, epochs }: { readonly folder: string; readonly epochs: number },
): TrainOptions & { readonly outputDir: string } {
  const ownWidths = { widths: undefined };
  const limits = { maxEpochs: epochs, maxSteps: undefined, resume: true, outputDir: folder };
  // The search has a table of its own.
  const pages = { report: false, plots: false };
  return { ...options, ...ownWidths, ...configuration, ...limits, ...pages };
}

function chooseTrials(
  configurations: readonly Configuration[],
  { random, seed }: SearchOptions,
): readonly Configuration[] {
  if (random === undefined) return configurations;
  requireWhole('random', random, 1);
  return drawTrials(configurations, random, seed);
}

function checkBudget({ epochs, firstEpochs, reduction, staleAfter }: SearchOptions): void {
  requireWhole('first-epochs', firstEpochs, 1);
  requireWhole('epochs', epochs, 1);
  requireWhole('reduction', reduction, 2);
  requirePositive('stale-after', staleAfter);
  if (firstEpochs > epochs) throw new UsageError(`--first-epochs ${firstEpochs} is more than --epochs ${epochs}`);
}
