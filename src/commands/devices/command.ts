import type { Argv } from 'yargs';
import { inferencePrecisions } from '../../models/quantise.js';
import { architectureOptions } from '../architecture-options.js';
import { printingCommand } from '../command-module.js';
import { modelPathOption, optionalDeviceOption, threadsOption } from '../options.js';

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
      choices: [...inferencePrecisions, 'mixed'] as const,
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
  async (parsed) => {
    // What loads onnxruntime is not for those who only ask for help.
    if (parsed.device === undefined) return (await import('./list.js')).listDevices();
    return (await import('./placement.js')).describePlacement(parsed, parsed.device);
  },
);
