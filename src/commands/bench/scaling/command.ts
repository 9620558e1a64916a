import { join } from 'node:path';
import type { Argv } from 'yargs';
import type { Communicator } from '../../../dist/communicator.js';
import { exitCode, UsageError } from '../../../errors.js';
import { writeFileAtomic } from '../../../io/atomic-file.js';
import { architecture } from '../../../models/architectures.js';
import { optimisers } from '../../../models/optimiser.js';
import { printPart, printResult } from '../../../terminal.js';
import { architectureOptions } from '../../architecture-options.js';
import { collectiveCommand } from '../../command-module.js';
import { formatCsv } from '../../evaluate/csv.js';
import { deviceOption, requirePositive, requireWhole, resolveResources, threadsOption } from '../../options.js';
import { startProgress } from '../../progress.js';
import { describeMachine, formatMachine } from '../machine.js';
import { measureScaling } from './measure.js';
import { drawScaling } from './plot.js';
import { formatScaling, type ScalingReport, scale } from './report.js';
import { makeScratch, removeScratch } from './scratch.js';

function options(parser: Argv) {
  return parser
    .option('ranks', {
      type: 'number',
      array: true,
      describe: 'numbers of ranks; the least is what efficiency is against. Default: powers of two, and all there are',
    })
    .option('arch', { ...architectureOptions.arch, default: 'mlp' })
    .option('block-size', { ...architectureOptions['block-size'], default: 7 })
    .option('latent-size', { ...architectureOptions['latent-size'], default: 16 })
    .option('optimiser', { choices: optimisers, default: 'muon' as const, describe: 'of the steps' })
    .option('batch-size', {
      type: 'number',
      default: 512,
      describe: 'blocks of a step: strong scaling deals them to the ranks, weak scaling gives each so many',
    })
    .option('rank-bytes', {
      type: 'number',
      default: 64e6,
      describe:
        'to be compressed: weak scaling has so many bytes for each rank, strong scaling always those of all ranks',
    })
    .option('rounds', { type: 'number', default: 3, describe: 'of each measurement; medians count' })
    .option('steps', { type: 'number', default: 20, describe: 'training steps of a round' })
    .option('output-dir', {
      type: 'string',
      default: 'scaling',
      describe: 'for scaling.json, .csv and .svg, and while it runs for what is compressed: all nodes must see it',
    })
    .option('device', deviceOption)
    .option('threads', threadsOption)
    .example('./launch.sh -n 8 bench scaling', '1, 2, 4 and 8 ranks, each with an eighth of the cores')
    .example('sbatch --export=ALL,OUT=/scratch/scaling slurm/scaling.sbatch', 'within a Slurm allocation')
    .epilogue(
      'Each measurement is on the first so many ranks; the others sleep meanwhile. A step is predicted as what one rank alone takes for its share plus α + gradient bytes / β of an allreduce between these ranks; a compression as (work + writing + gathering) / ranks, or as what rank 0 has to write and to gather if that is more, from the stages on the base and α–β of a message. `swae project --from scaling.json` goes on to more ranks than there are.',
    );
}

type ScalingOptions = Awaited<ReturnType<typeof options>['argv']>;

export const benchScalingCommand = collectiveCommand(
  'scaling',
  'training steps and compression on 1 … N ranks, beside a prediction',
  options,
  benchScaling,
);

async function benchScaling(communicator: Communicator, options: ScalingOptions): Promise<number> {
  const { batchSize, rounds, steps, outputDir, rankBytes, optimiser } = options;
  for (const [name, value] of Object.entries({ rounds, steps })) requireWhole(name, value, 1);
  requirePositive('rank-bytes', rankBytes);
  requireWhole('latent-size', options.latentSize, 1);
  requireWhole('batch-size', batchSize, communicator.size);
  const ranks = resolveRanks(options.ranks, communicator.size);
  const network = architecture(options.arch, options.blockSize, options.latentSize);
  // What a rank has when all are there, for any number of them.
  const resources = resolveResources(options, communicator);
  const machine = describeMachine(communicator);
  printPart(formatMachine('bench scaling', machine));
  const scratch = makeScratch(communicator, join(outputDir, 'data.tmp'), network, rankBytes);
  const progress = startProgress({ label: 'scaling', total: ranks.length, unit: 'numbers of ranks' });
  const setting = { architecture: network, optimiser, ...resources, ranks, batchSize, rounds, steps, scratch };
  const measured = await measureScaling(communicator, setting, () => progress.advance(1));
  progress.finish();
  removeScratch(communicator, scratch);
  if (!measured) return exitCode.success;
  const { name, blockSize, latentSize } = network;
  const run = {
    machine,
    base: ranks[0],
    architecture: name,
    blockSize,
    latentSize,
    optimiser,
    threads: resources.threads,
    device: options.device,
    batchSize,
  };
  const report: ScalingReport = { ...run, ...measured, points: scale(measured.points) };
  writeReport(report, outputDir);
  printResult(report, `${formatScaling(report)}\n\nwritten: ${join(outputDir, 'scaling.{json,csv,svg}')}`);
  return exitCode.success;
}

function writeReport(report: ScalingReport, folder: string): void {
  const texts = {
    'scaling.json': `${JSON.stringify(report, null, 2)}\n`,
    'scaling.csv': formatCsv(report.points.map((point) => ({ ...point }))),
    'scaling.svg': `${drawScaling(report)}\n`,
  };
  for (const [name, text] of Object.entries(texts)) writeFileAtomic(join(folder, name), [Buffer.from(text)]);
}

/** Ascending. Throws UsageError where there are fewer. */
function resolveRanks(asked: readonly number[] | undefined, size: number): number[] {
  const powers = Array.from({ length: 1 + Math.floor(Math.log2(size)) }, (_, i) => 2 ** i);
  const ranks = [...new Set(asked ?? [...powers, size])].sort((a, b) => a - b);
  for (const count of ranks) {
    requireWhole('ranks', count, 1);
    if (count > size) throw new UsageError(`--ranks ${count}, but this job has ${size} rank(s)`);
  }
  return ranks;
}
