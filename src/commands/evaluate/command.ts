import type { Argv, CommandModule } from 'yargs';
import { guard } from '../../dist/guard.js';
import { precisionOptions } from '../compress/precision.js';
import {
  archiveOption,
  connectBy,
  modelPathOption,
  stallTimeoutOption,
  threadsOption,
  variablesOption,
} from '../options.js';
import { evaluate } from './evaluate.js';
import { parts } from './split.js';

function options(parser: Argv) {
  return parser
    .positional('input', {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'the originals: HDF5 files, or folders of them',
    })
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
        'where evaluation.json and evaluation.csv go: every file, variable and level. Default: the tables alone',
    })
    .option('threads', threadsOption)
    .option('stall-timeout', stallTimeoutOption)
    .example('$0 evaluate run/ --model-path save/swae_all_vars_7x7x7_mlp', 'tables by variable, file and level')
    .example('$0 evaluate run/ --model-path runs/mine --split test', 'on the blocks that the training left for it')
    .example('$0 evaluate run/ --archive results/…/all_variables_encoded.h5', 'what an archive has kept of its sources')
    .epilogue(
      'MSE, RMSE, PSNR (of the range of a variable in its file), SSIM (3-D, Gaussian window of 5³ nodes), Pearson correlation, largest and ' +
        'mean relative error (where the original is not 0), in the units of the data and in normalised scale. Of BSSN ' +
        'variables also det γ̃ − 1, tr Ã, the Hamiltonian and momentum constraints, χ > 0 and α > 0. docs/evaluation.md has the formulas.',
    );
}

export type EvaluateOptions = Awaited<ReturnType<typeof options>['argv']>;

export const evaluateCommand: CommandModule<object, EvaluateOptions> = {
  command: 'evaluate <input..>',
  describe: 'measure how well a model or an archive keeps the data',
  builder: options as CommandModule<object, EvaluateOptions>['builder'],
  handler: (parsed) => guard(connectBy(parsed), (communicator) => evaluate(communicator, parsed)),
};
