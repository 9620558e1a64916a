import type { Argv } from 'yargs';
import { collectiveCommand } from '../command-module.js';
import { deviceOption, inputOption, modelPathOption, threadsOption, variablesOption } from '../options.js';
import { reportOptions } from '../report/options.js';
import { boundModes } from './bounded-method.js';
import { compress } from './compress.js';
import { precisionOptions } from './precision.js';

/** Without examples. */
export function compressOptions(parser: Argv) {
  return parser
    .positional('input', inputOption)
    .option('model-path', { ...modelPathOption, demandOption: false })
    .option('error-bound', {
      type: 'number',
      describe: 'guarantee this error for every value; needs no model',
    })
    .option('bound-mode', {
      choices: boundModes,
      describe:
        'the bound is absolute, or a fraction of the range of the variable in its file, or of the 7³ (5³, …) block: of grids that are no octants the 8³ block, the last where they overlap. Default: range',
    })
    .option('target-psnr', {
      type: 'number',
      describe: 'guarantee this PSNR in dB for every variable; with --error-bound, both',
    })
    .options(precisionOptions)
    .option('force', { type: 'boolean', default: false, describe: 'int8 even where float32 is faster' })
    .option('output-dir', { type: 'string', default: 'results', describe: 'a folder named by the time is made in it' })
    .option('variables', variablesOption)
    .option('reconstruct', {
      type: 'boolean',
      default: true,
      describe: 'write all_variables_reconstructed.h5 too; --no-reconstruct leaves it out',
    })
    .option('check', {
      type: 'boolean',
      default: true,
      describe:
        'decode again what a model has stored, to measure its errors; --no-check leaves that out, and with it the reconstruction and report.html: half the time',
    })
    .option('resume', {
      type: 'boolean',
      default: false,
      describe: 'go on with the newest unfinished run in the output folder, if there is one',
    })
    .option('writers', {
      type: 'number',
      default: 1,
      describe: 'ranks that write, each some of the files into parts of its own, which open as one; for many ranks',
    })
    .option('device', deviceOption)
    .option('threads', threadsOption)
    .group(['model-path', ...Object.keys(precisionOptions), 'force', 'device'], 'By a model:')
    .group(['error-bound', 'bound-mode', 'target-psnr'], 'Within a bound:');
}

function options(parser: Argv) {
  return compressOptions(parser)
    .options(reportOptions)
    .example('$0 compress run/ --model-path save/swae_all_vars_7x7x7_mlp', 'all variables of all files below run/')
    .example('$0 compress run/ --error-bound 1e-4', 'every value within 1e-4 of the range of its variable')
    .example('./launch.sh -n 4 compress run/ --model-path M --resume', 'on four ranks, and after a kill the same again')
    .example(
      './launch.sh -n 4 compress run/ --model-path M --no-check',
      'while the simulation waits; evaluate it later',
    )
    .example('./launch.sh -n 64 compress run/ --model-path M --writers 4', 'four ranks write, instead of one');
}

export type CompressOptions = Pick<
  Awaited<ReturnType<typeof compressOptions>['argv']>,
  | 'boundMode'
  | 'check'
  | 'device'
  | 'dynamicScales'
  | 'enableInt8'
  | 'errorBound'
  | 'force'
  | 'input'
  | 'latentsOnly'
  | 'modelPath'
  | 'outputDir'
  | 'reconstruct'
  | 'resume'
  | 'targetPsnr'
  | 'threads'
  | 'useFloat8'
  | 'variables'
  | 'writers'
>;

export const compressCommand = collectiveCommand(
  'compress <input..>',
  'compress HDF5 files into one archive',
  options,
  compress,
);
