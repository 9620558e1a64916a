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
import { writeVti } from './vti.js';

function options(parser: Argv) {
  return parser
    .positional('input', { ...inputOption, describe: 'the originals: HDF5 files, or folders of them' })
    .option('model-path', { ...modelPathOption, demandOption: false })
    .option('archive', archiveOption)
    .options(precisionOptions)
    .option('variables', variablesOption)
    .option('octants', {
      type: 'string',
      describe: 'which octants (volumes of the leading axes) of each file, e.g. 0-99,240. Default: all',
    })
    .option('output-dir', { type: 'string', default: 'vti', describe: 'where the files go, named like the originals' })
    .option('device', deviceOption)
    .option('threads', threadsOption)
    .example(
      '$0 vti run/0040.h5 --model-path save/swae_all_vars_7x7x7_mlp --variables U_CHI',
      'vti/0040.vtm and the files of its octants',
    )
    .example('$0 vti run/ --archive results/compressed_… --octants 0-99', 'what an archive has kept')
    .epilogue(
      'Open the .vtm in ParaView. It has each variable three times: original, reconstruction, and error (their difference). Octants lie ' +
        'where octant_origin and octant_size say, grouped by octant_level; without these, grids begin at 0 with spacing 1.',
    );
}

export type VtiOptions = Awaited<ReturnType<typeof options>['argv']>;

export const vtiCommand = collectiveCommand(
  'vti <input..>',
  'write originals, reconstructions and errors for ParaView',
  options,
  writeVti,
);
