import { extname, join } from 'node:path';
import type { Argv } from 'yargs';
import { InputError, UsageError } from '../../errors.js';
import { writeFileAtomic } from '../../io/atomic-file.js';
import { printingCommand } from '../command-module.js';
import { requirePositive } from '../options.js';
import { bestWithin, budgetsOf, describeBudgets } from './budgets.js';
import { foldersOption } from './consolidate.js';
import { labelsOf } from './labels.js';
import { type MeasuredTrial, measuredTrials, meritsOf } from './merits.js';
import { paretoFront } from './pareto.js';
import { describeTrials } from './table.js';
import { readTrials } from './trials.js';

function options(parser: Argv) {
  return parser
    .positional('folder', foldersOption)
    .option('output', { type: 'string', describe: 'the picture, SVG. Default: pareto.svg in the first folder' })
    .option('min-ratio', { type: 'number', array: true, describe: 'budgets. Default: every ratio that there is' })
    .option('min-speed', {
      type: 'number',
      array: true,
      describe: 'budgets, GB/s to encode and decode. Default: round numbers',
    })
    .option('max-parameters', { type: 'number', array: true, describe: 'budgets. Default: round numbers' })
    .example('$0 search analyse search', 'the trials that no other beats, the best within each budget, a picture')
    .example('$0 search analyse search --min-ratio 20 50 --max-parameters 100000', 'budgets of your own')
    .epilogue(
      'Quality is the PSNR on the validation part, in the units of the data; the test part has had no say in the choice. Speed is that of float32 networks ' +
        'on the machine and with the threads of the trial: compare trials of one kind of machine.',
    );
}

type AnalyseOptions = Awaited<ReturnType<typeof options>['argv']>;

export const analyseCommand = printingCommand(
  'analyse <folder..>',
  'weigh quality, ratio and speed: the Pareto front, and the best model of each budget',
  options,
  async (parsed) => {
    const { folder, output = join(folder[0], 'pareto.svg') } = parsed;
    checkOptions(parsed, output);
    const trials = measuredTrials(readTrials(folder));
    if (trials.length === 0) throw new InputError(`${folder.join(' ')}: no trial has been measured yet`);
    const labels = labelsOf(trials.map(({ configuration }) => configuration));
    const front = paretoFront(trials, meritsOf);
    const { drawTrials } = await import('./plot.js');
    writeFileAtomic(output, [Buffer.from(drawTrials(trials, new Set(front), labels))]);
    const budgets = budgetsOf(trials, parsed);
    const lines = [
      `${front.length} of ${trials.length} measured trial(s) are beaten by no other in quality, ratio and speed at once:`,
      describeTrials([...front].sort(byQuality), labels),
      '',
      describeBudgets(budgets, trials, labels),
      '',
      `${output}: written; a model lies in trials/ of its search, e.g. --model-path ${bestFolder(front)}`,
    ];
    const best = budgets.map((budget) => ({ budget: budget.title, best: addressOf(bestWithin(budget, trials)) }));
    return { result: { front, budgets: best, picture: output }, lines };
  },
);

function checkOptions({ minRatio = [], minSpeed = [], maxParameters = [] }: AnalyseOptions, output: string): void {
  if (extname(output).toLowerCase() !== '.svg')
    throw new UsageError(`--output "${output}": expected a name that ends in .svg`);
  for (const [option, values] of Object.entries({
    'min-ratio': minRatio,
    'min-speed': minSpeed,
    'max-parameters': maxParameters,
  }))
    for (const value of values) requirePositive(option, value);
}

/** A trial of the same name may be in several searches. */
function addressOf(best: MeasuredTrial | undefined) {
  return best ? { search: best.search, trial: best.trial } : null;
}

const byQuality = (a: MeasuredTrial, b: MeasuredTrial) => b.psnr - a.psnr;

function bestFolder(front: readonly MeasuredTrial[]): string {
  const [best] = [...front].sort(byQuality);
  return join(best.search, 'trials', best.trial);
}
