import type { Argv, Options } from 'yargs';
import { connectSolo } from '../../../dist/solo.js';
import { architecture, architectureNames } from '../../../models/architectures.js';
import { optimisers } from '../../../models/optimiser.js';
import { type Precision, precisions } from '../../../models/products.js';
import { type InferencePrecision, inferencePrecisions } from '../../../models/quantise.js';
import { architectureOptions } from '../../architecture-options.js';
import { printingCommand, type Result } from '../../command-module.js';
import {
  deviceOption,
  requirePositive,
  requireWhole,
  resolveResources,
  tf32Option,
  threadsOption,
} from '../../options.js';
import { describeMachine, formatMachine } from '../machine.js';
import { measureSetting, type Row } from './measure.js';
import { startPytorch } from './pytorch.js';
import { formatRows } from './report.js';
import { type TaskName, tasks } from './tasks.js';
import type { OptimiserName } from './training.js';

const shared = {
  arch: { ...architectureOptions.arch, array: true, default: architectureNames },
  'block-size': { ...architectureOptions['block-size'], default: 5 },
  'latent-size': { ...architectureOptions['latent-size'], default: 16 },
  'batch-size': { type: 'number', array: true, default: [256] as number[], describe: 'blocks of a run' },
  device: deviceOption,
  threads: { ...threadsOption, array: true },
  rounds: { type: 'number', default: 9, describe: 'in which all take turns; medians over them count' },
  'round-ms': { type: 'number', default: 200, describe: 'how long a turn lasts, in milliseconds' },
  python: { type: 'string', describe: 'a Python with torch: the same network in PyTorch takes turns with the others' },
} as const satisfies Record<string, Options>;

const epilogue =
  'GFLOP/s: products alone, after lowering, as `swae flops` counts them; of a training step three times those of the network. "of matmul": of what a product of two matrices of 512 × 512 reaches in onnxruntime in the same turns, in int8 for int8. "Copies", on a GPU: of the time, what moving as many bytes there and back takes, in one piece each way. One thread is timed by its processor time, which other work on the machine disturbs less, several by the clock.';

function coderOptions(parser: Argv) {
  return parser
    .options(shared)
    .option('precision', {
      choices: inferencePrecisions,
      array: true,
      default: ['float32'] as InferencePrecision[],
      describe: 'of the network; they take turns',
    })
    .option('bare', {
      type: 'boolean',
      default: false,
      describe: 'the network alone, without the normalisation that belongs to it in an archive',
    })
    .example('$0 bench encode --threads 1 2 --batch-size 64 256 1024', 'every architecture in six settings')
    .example('$0 bench encode --arch mlp --precision float32 int8', 'what eight bits gain')
    .example('$0 bench decode --bare --python venv/bin/python', 'the networks alone, beside PyTorch')
    .epilogue(epilogue);
}

function trainingOptions(parser: Argv) {
  return parser
    .options(shared)
    .option('optimiser', {
      choices: optimisers,
      array: true,
      default: ['adam', 'muon'] as OptimiserName[],
      describe: "they take turns; PyTorch's steps are always by Adam",
    })
    .option('precision', { choices: precisions, default: 'float32' as Precision, describe: 'as of swae train' })
    .option('tf32', tf32Option)
    .example('$0 bench train --batch-size 64 256 1024 4096 --python venv/bin/python', 'steps a second beside PyTorch')
    .epilogue(epilogue);
}

type CoderOptions = Awaited<ReturnType<typeof coderOptions>['argv']>;
type TrainingOptions = Awaited<ReturnType<typeof trainingOptions>['argv']>;

/** A decoder must give the same on every device, so neither it nor the encoder rounds to TF32. */
const asCompressed = { precision: 'float32', tf32: false } as const;

type SpeedOptions = Pick<
  CoderOptions,
  'arch' | 'bare' | 'batchSize' | 'blockSize' | 'device' | 'latentSize' | 'python' | 'roundMs' | 'rounds' | 'threads'
> &
  Pick<TrainingOptions, 'precision' | 'tf32'>;

export const benchEncodeCommand = printingCommand(
  'encode',
  'speed of encoders: blocks/s, GB/s, FLOP/s, beside a matrix product and PyTorch',
  coderOptions,
  (parsed: CoderOptions) => benchSpeed('encode', parsed.precision, { ...parsed, ...asCompressed }),
);

export const benchDecodeCommand = printingCommand(
  'decode',
  'the same of decoders',
  coderOptions,
  (parsed: CoderOptions) => benchSpeed('decode', parsed.precision, { ...parsed, ...asCompressed }),
);

export const benchTrainCommand = printingCommand(
  'train',
  'the same of training steps',
  trainingOptions,
  (parsed: TrainingOptions) => benchSpeed('train', parsed.optimiser, { ...parsed, bare: false }),
);

async function benchSpeed(task: TaskName, variantNames: readonly string[], options: SpeedOptions): Promise<Result> {
  const { arch, blockSize, latentSize, batchSize, bare, device, precision, tf32, rounds, roundMs } = options;
  for (const rows of batchSize) requireWhole('batch-size', rows, 1);
  requireWhole('latent-size', latentSize, 1);
  requireWhole('rounds', rounds, 1);
  requirePositive('round-ms', roundMs);
  const solo = connectSolo();
  const places = (options.threads ?? [undefined]).map((threads) => resolveResources({ threads, device }, solo));
  const variants = [...new Set(variantNames)].map(
    (name) => tasks[task].variants.find((variant) => variant.name === name)!,
  );
  const pytorch = options.python === undefined ? undefined : await startPytorch(options.python);
  const rowsOfTable: Row[] = [];
  for (const name of arch)
    for (const resources of places)
      for (const rows of batchSize) {
        const setting = {
          architecture: architecture(name, blockSize, latentSize),
          rows,
          ...resources,
          bare,
          precision,
          tf32,
        };
        rowsOfTable.push(...(await measureSetting(task, setting, variants, pytorch, { rounds, roundMs })));
      }
  await pytorch?.close();
  const machine = describeMachine(solo);
  const report = {
    machine,
    task,
    blockSize,
    latentSize,
    bare,
    device,
    precision,
    tf32,
    pytorch: pytorch?.version,
    rows: rowsOfTable,
  };
  const where = device === 'cpu' ? [] : [`on ${device}${tf32 || device === 'webgpu' ? '' : ' without TF32'}`];
  const how = [...(precision === 'float32' ? [] : [precision]), ...(bare ? ['without normalisation'] : []), ...where];
  const what = [task, `blocks of ${blockSize}³`, `${latentSize} latents`, ...how].join(', ');
  const lines = [
    formatMachine(`bench ${task}`, machine),
    `# ${what}${pytorch ? `; PyTorch ${pytorch.version}` : ''}`,
    '',
    formatRows(rowsOfTable, task === 'train' ? 'optimiser' : 'precision'),
  ];
  return { result: report, lines };
}
