import { writeFileAtomic } from '../../io/atomic-file.js';
import { printingCommand, type Result } from '../command-module.js';
import { parseLinks } from '../costs/links.js';
import { requirePositive, requireSvg, requireWhole } from '../options.js';
import { adviseCompression, adviseTraining } from './advice.js';
import { parseBytes, parsePair } from './amounts.js';
import { type FileSystem, projectCompression } from './compression.js';
import { type Constants, type Known, rate, readScaling, resolveConstants } from './constants.js';
import { commonLinks, measuredNetwork, type Network } from './network.js';
import { options, type ProjectOptions } from './options.js';
import { describeKnown, describeProjection, type Projection } from './tables.js';
import { projectStep } from './training.js';

export const projectCommand = printingCommand(
  'project',
  'beyond this machine: training and compression on many ranks, what limits them and what to change',
  options,
  project,
);

/** What is projected on each network. */
interface Task {
  readonly constants: Constants;
  readonly fileSystem: FileSystem;
  readonly dataBytes: number;
  /** Ascending. */
  readonly ranks: readonly number[];
  readonly writers: readonly number[];
}

async function project(asked: ProjectOptions): Promise<Result> {
  requireSense(asked);
  const dataBytes = parseBytes('data', asked.data);
  const [aggregate, client] = parsePair('file-system', asked.fileSystem ?? '100,2');
  const given = asked.link && parseLinks(asked.link);
  const report = asked.from === undefined ? undefined : readScaling(asked.from);
  const constants = resolveConstants(asked, report);
  const measured = measuredNetwork(report?.networks ?? []);
  const networks: Network[] = [
    ...(measured ? [measured] : []),
    ...(given ?? commonLinks).map((link): Network => ({ ...link, origin: given ? 'given' : 'assumed' })),
  ];
  const [ranks, writers] = [asked.ranks, asked.writers].map((counts) => [...new Set(counts)].sort((a, b) => a - b));
  const task = { constants, fileSystem: { aggregate, client }, dataBytes, ranks, writers };
  const projections = networks.map((network) => projectOn(network, task));
  const known: Known[] = [
    ...constants.known,
    {
      name: 'file system: of all ranks, of one',
      value: `${rate(1e9 * aggregate)}, ${rate(1e9 * client)}`,
      origin: asked.fileSystem === undefined ? 'assumed' : 'given',
    },
  ];
  const { name, blockSize } = constants.architecture;
  const on = report ? `, from ${report.machine.processor}, ${report.machine.date.slice(0, 10)}` : '';
  const title = `${name}, blocks of ${blockSize}³${on}`;
  if (asked.output !== undefined) {
    const { drawProjections } = await import('./plot.js');
    writeFileAtomic(asked.output, [Buffer.from(drawProjections(title, projections, dataBytes))]);
  }
  const lines = [
    title,
    'Projected by a model; only what is called measured was.',
    '',
    describeKnown(known),
    ...projections.flatMap((projection) => describeProjection(projection, dataBytes)),
    ...(asked.output === undefined ? [] : ['', `${asked.output}: written`]),
  ];
  return { result: { machine: report?.machine, known, dataBytes, projections }, lines };
}

function projectOn(network: Network, { constants, fileSystem, dataBytes, ranks, writers }: Task): Projection {
  const { training, compression, archived, batchSize } = constants;
  const setting = { constants: compression, fileSystem, network, dataBytes };
  const most = ranks.at(-1)!;
  return {
    network,
    train: (['strong', 'weak'] as const).flatMap((scaling) =>
      ranks.flatMap((count) => {
        const step = projectStep(training, network, scaling, batchSize, count);
        return step ? [{ scaling, ...step }] : [];
      }),
    ),
    compress: writers.flatMap((writing) =>
      ranks.filter((count) => count >= writing).map((count) => projectCompression(setting, count, writing)),
    ),
    advice: [
      ...adviseTraining(training, network, batchSize, most),
      ...adviseCompression(
        setting,
        compression.reconstruct ? { ...setting, constants: archived } : undefined,
        most,
        writers[0],
      ),
    ],
  };
}

/** Throws UsageError. */
function requireSense(asked: ProjectOptions): void {
  for (const count of asked.ranks) requireWhole('ranks', count, 1);
  for (const count of asked.writers) requireWhole('writers', count, 1);
  if (asked.batchSize !== undefined) requireWhole('batch-size', asked.batchSize, 1);
  const rates = {
    'train-rate': asked.trainRate,
    'compress-rate': asked.compressRate,
    'writer-rate': asked.writerRate,
    ratio: asked.ratio,
  };
  for (const [name, value] of Object.entries(rates)) if (value !== undefined) requirePositive(name, value);
  if (asked.output !== undefined) requireSvg(asked.output);
}
