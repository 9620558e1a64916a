import type { Argv } from 'yargs';
import { architectureOptions } from '../architecture-options.js';
import { printingCommand } from '../command-module.js';
import { modelPathOption, optionalDeviceOption, threadsOption } from '../options.js';
import { listDevices } from './list.js';
import { describePlacement, placedPrecisions } from './placement.js';

function options(parser: Argv) {
  return parser
    .option('device', {
      ...optionalDeviceOption,
      describe:
        'run the graphs of a network there (cpu, cuda, cuda:N, webgpu), and say which provider has run each node',
    })
    .options(architectureOptions)
    .option('model-path', { ...modelPathOption, demandOption: false, conflicts: Object.keys(architectureOptions) })
    .option('dtype', { choices: ['float32', 'float64'] as const, default: 'float32' as const, describe: 'of the data' })
    .option('precision', {
      choices: placedPrecisions,
      default: 'float32' as const,
      describe: 'of the networks; mixed: of the training step',
    })
    .option('batch-size', { type: 'number', default: 256, describe: 'blocks of a run' })
    .option('threads', threadsOption)
    .implies(Object.fromEntries([...Object.keys(architectureOptions), 'model-path'].map((name) => [name, 'device'])))
    .example('$0 devices', 'what networks can run on here, and what is missing for the rest')
    .example('$0 devices --device cuda --arch conv-bn', 'is anything of it left to the CPU?')
    .epilogue('Host time: what a node takes of the calling thread. A GPU works on while the next nodes are launched.');
}

export type DevicesOptions = Awaited<ReturnType<typeof options>['argv']>;

export const devicesCommand = printingCommand(
  'devices',
  'say what networks can run on here: CPU, GPUs, and what is missing',
  options,
  (parsed) => (parsed.device === undefined ? listDevices() : describePlacement(parsed, parsed.device)),
);
