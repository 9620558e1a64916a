import type { Argv } from 'yargs';
import type { Communicator } from '../../../dist/communicator.js';
import type { Resources } from '../../../engines/onnx/session.js';
import { exitCode, InputError } from '../../../errors.js';
import { architecture, architectureNames } from '../../../models/architectures.js';
import { type InferencePrecision, inferencePrecisions } from '../../../models/quantise.js';
import { printPart, printResult } from '../../../terminal.js';
import { architectureOptions } from '../../architecture-options.js';
import { collectiveCommand } from '../../command-module.js';
import { type Codec, openCodec } from '../../open-codec.js';
import { deviceOption, requireWhole, resolveResources, threadsOption } from '../../options.js';
import { describeMachine, formatMachine } from '../machine.js';
import { quantisedOn } from '../speed/coders.js';
import { initialModel, randomValues } from '../speed/setting.js';
import { fitLink, timeWays } from './measure.js';
import { type Octants, readOctants } from './octants.js';
import { formatReport, type Measured, type Report, rowsOf } from './report.js';
import { codedWay, rawWay, type Way } from './ways.js';

function options(parser: Argv) {
  return parser
    .positional('input', {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'HDF5 files, or folders of them: octants of theirs are sent',
    })
    .option('arch', { ...architectureOptions.arch, array: true, default: architectureNames })
    .option('precision', {
      choices: inferencePrecisions,
      array: true,
      default: ['float32', 'int8', 'float8'] as InferencePrecision[],
      describe: 'of networks and latents',
    })
    .option('block-size', { ...architectureOptions['block-size'], default: 7 })
    .option('latent-size', { ...architectureOptions['latent-size'], default: 16 })
    .option('message-blocks', { type: 'number', default: 8192, describe: 'octants of a message, if there are so many' })
    .option('rounds', { type: 'number', default: 5, describe: 'in which all ways take turns; medians count' })
    .option('device', deviceOption)
    .option('threads', threadsOption)
    .example('srun -N2 --ntasks-per-node=1 node build/bin/swae.js bench transfer data/sample', 'between two nodes')
    .example('./launch.sh -n 2 bench transfer data/sample --arch mlp', 'through the memory of one')
    .epilogue(
      'Rank 0 encodes, sends, and rank 1 decodes and answers, one after the other. The prediction is that of `swae costs`, with α and β of a message and the times of encoder and decoder alone, all measured between and on these ranks. Speeds do not depend on how well a network is trained: they are as a training starts.',
    );
}

type TransferOptions = Awaited<ReturnType<typeof options>['argv']>;

export const benchTransferCommand = collectiveCommand(
  'transfer <input..>',
  'octants sent as they are, and compressed: which is faster on this link?',
  options,
  benchTransfer,
);

async function benchTransfer(communicator: Communicator, parsed: TransferOptions): Promise<number> {
  const { input, blockSize, latentSize, messageBlocks, rounds } = parsed;
  for (const [name, value] of Object.entries({ 'latent-size': latentSize, 'message-blocks': messageBlocks, rounds }))
    requireWhole(name, value, 1);
  if (communicator.size !== 2)
    throw new InputError(`bench transfer sends from one rank to another, and there are ${communicator.size}`, {
      hint: 'srun -N2 --ntasks-per-node=1 … or ./launch.sh -n 2 bench transfer …',
    });
  const resources = resolveResources(parsed, communicator);
  const { threads } = resources;
  const machine = describeMachine(communicator);
  printPart(formatMachine('bench transfer', machine));
  const octants = readOctants(communicator, input, blockSize, messageBlocks);
  const coders = await openCoders(octants, parsed, resources);
  const ways = [rawWay(octants), ...coders.map(({ way }) => way)];
  const rawBytes = ways[0].message.length;
  const link = fitLink(communicator, ways)!;
  const times = await timeWays(communicator, ways, rounds);
  for (const { codec } of coders) await codec.release();
  const measured: Measured[] = ways.map(({ message }, i) => ({
    coder: i === 0 ? undefined : coders[i - 1].names,
    sentBytes: message.length,
    times: times[i],
  }));
  const { type: dtype, count: blocks } = octants;
  const rows = rowsOf(measured, link, blocks);
  const report: Report = { machine, input, blockSize, dtype, blocks, rawBytes, threads, rounds, link, rows };
  printResult(report, formatReport(report));
  return exitCode.success;
}

interface OpenCoder {
  readonly names: { readonly architecture: string; readonly precision: InferencePrecision };
  readonly codec: Codec;
  readonly way: Way;
}

async function openCoders(
  octants: Octants,
  { arch, precision, blockSize, latentSize }: TransferOptions,
  resources: Resources,
): Promise<OpenCoder[]> {
  const coders: OpenCoder[] = [];
  for (const name of arch) {
    const model = initialModel(architecture(name, blockSize, latentSize));
    const sample = randomValues(256 * blockSize ** 3);
    for (const each of precision) {
      const quantised = await quantisedOn(model, sample, each, resources.threads);
      const codec = await openCodec(model, octants.type, resources, quantised);
      const names = { architecture: name, precision: each };
      coders.push({ names, codec, way: codedWay(octants, codec, each, latentSize) });
    }
  }
  return coders;
}
