import type { Argv } from 'yargs';
import { collectiveCommand } from '../command-module.js';
import { precisionOptions } from '../compress/precision.js';
import {
  archiveOption,
  deviceOption,
  inputOption,
  modelPathOption,
  threadsOption,
  variablesOption,
} from '../options.js';
import { reportOptions } from '../report/options.js';
import { evaluate } from './evaluate.js';
import { parts } from './split.js';

function options(parser: Argv) {
  return parser
    .positional('input', { ...inputOption, describe: 'the originals: HDF5 files, or folders of them' })
    .option('model-path', {
      ...modelPathOption,
      demandOption: false,
      describe: `reconstruct by this model: ${modelPathOption.describe}`,
    })
    .option('archive', archiveOption)
    .options(precisionOptions)
    .option('variables', variablesOption)
    .option('split', {
      choices: parts,
      default: 'all' as const,
      describe:
        "everything, or a part of the model's training run: give the same input, --variables and --max-blocks as there",
    })
    .option('split-by', {
      choices: ['block', 'file'] as const,
      describe: 'what the split deals out. Default: as the model was trained',
    })
    .option('seed', { type: 'number', describe: 'of the split. Default: as the model was trained, else 42' })
    .option('max-blocks', { type: 'number', default: 2_000_000, describe: 'of the training run' })
    .option('output-dir', {
      type: 'string',
      describe:
        'where evaluation.json, evaluation.csv (every file, variable and level) and report.html go. Default: the tables alone',
    })
    .options(reportOptions)
    .option('device', deviceOption)
    .option('threads', threadsOption)
    .example('$0 evaluate run/ --model-path save/swae_all_vars_7x7x7_mlp', 'tables by variable, file and level')
    .example('$0 evaluate run/ --model-path runs/mine --split test', 'on the blocks that the training left for it')
    .example('$0 evaluate run/ --archive results/compressed_…', 'what an archive has kept of its sources')
    .epilogue(
      'MSE, RMSE, PSNR (of the range of a variable in its file), SSIM (3-D, Gaussian window of 5³ nodes), Pearson correlation, largest and ' +
        'mean relative error (where the original is not 0), in the units of the data and in normalised scale. Of BSSN ' +
        'variables also det γ̃ − 1, tr Ã, the Hamiltonian and momentum constraints, χ > 0 and α > 0. docs/evaluation.md has the formulas.',
    );
}

export type EvaluateOptions = Awaited<ReturnType<typeof options>['argv']>;

export const evaluateCommand = collectiveCommand(
  'evaluate <input..>',
  'measure how well a model or an archive keeps the data',
  options,
  evaluate,
);
