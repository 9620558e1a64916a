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
import { writeVti } from './vti.js';

function options(parser: Argv) {
  return parser
    .positional('input', {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'the originals: HDF5 files, or folders of them',
    })
    .option('model-path', { ...modelPathOption, demandOption: false })
    .option('archive', archiveOption)
    .options(precisionOptions)
    .option('variables', variablesOption)
    .option('octants', {
      type: 'string',
      describe: 'which octants (volumes of the leading axes) of each file, e.g. 0-99,240. Default: all',
    })
    .option('output-dir', { type: 'string', default: 'vti', describe: 'where the files go, named like the originals' })
    .option('threads', threadsOption)
    .option('stall-timeout', stallTimeoutOption)
    .example(
      '$0 vti run/0040.h5 --model-path save/swae_all_vars_7x7x7_mlp --variables U_CHI',
      'vti/0040.vtm and the files of its octants',
    )
    .example('$0 vti run/ --archive results/…/all_variables_encoded.h5 --octants 0-99', 'what an archive has kept')
    .epilogue(
      'Open the .vtm in ParaView. It has each variable three times: original, reconstruction, and error (their difference). Octants lie ' +
        'where octant_origin and octant_size say, grouped by octant_level; without these, grids begin at 0 with spacing 1.',
    );
}

export type VtiOptions = Awaited<ReturnType<typeof options>['argv']>;

export const vtiCommand: CommandModule<object, VtiOptions> = {
  command: 'vti <input..>',
  describe: 'write originals, reconstructions and errors for ParaView',
  builder: options as CommandModule<object, VtiOptions>['builder'],
  handler: (parsed) => guard(connectBy(parsed), (communicator) => writeVti(communicator, parsed)),
};
