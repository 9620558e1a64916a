import type { Argv, CommandModule } from 'yargs';
import { connect } from '../../dist/connect.js';
import { guard } from '../../dist/guard.js';
import { modelPathOption, threadsOption, variablesOption } from '../options.js';
import { compress } from './compress.js';

function options(parser: Argv) {
  return parser
    .positional('input', {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'folders of HDF5 files, or files',
    })
    .option('model-path', modelPathOption)
    .option('output-dir', { type: 'string', default: 'results', describe: 'a folder named by the time is made in it' })
    .option('variables', variablesOption)
    .option('reconstruct', {
      type: 'boolean',
      default: true,
      describe: 'write all_variables_reconstructed.h5 too; --no-reconstruct leaves it out',
    })
    .option('resume', {
      type: 'boolean',
      default: false,
      describe: 'go on with the newest unfinished run in the output folder, if there is one',
    })
    .option('threads', threadsOption)
    .example('$0 compress run/ --model-path save/swae_all_vars_7x7x7_mlp', 'all variables of all files below run/')
    .example(
      './launch.sh -n 4 compress run/ --model-path M --resume',
      'on four ranks, and after a kill the same again',
    );
}

export type CompressOptions = Awaited<ReturnType<typeof options>['argv']>;

export const compressCommand: CommandModule<object, CompressOptions> = {
  command: 'compress <input..>',
  describe: 'compress HDF5 files into one archive',
  builder: options as CommandModule<object, CompressOptions>['builder'],
  handler: (parsed) => guard(connect, (communicator) => compress(communicator, parsed)),
};
