import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Argv } from 'yargs';
import type { Communicator } from '../../../dist/communicator.js';
import type { Subject } from '../../../engines/throughput.js';
import { exitCode } from '../../../errors.js';
import { inSilence, printResult } from '../../../terminal.js';
import { collectiveCommand } from '../../command-module.js';
import { type CompressOptions, compressOptions } from '../../compress/command.js';
import { runCompression } from '../../compress/compress.js';
import { requirePositive, requireWhole, resolveThreads } from '../../options.js';
import { makeFolder } from '../../output-folder.js';
import { describeMachine, formatMachine } from '../machine.js';
import { type Alone, openAlone } from './alone.js';
import { formatReport, type Round, reportOf } from './report.js';

function options(parser: Argv) {
  return compressOptions(parser)
    .option('rounds', { type: 'number', default: 5, describe: 'in which coding alone and the whole take turns' })
    .option('round-ms', { type: 'number', default: 500, describe: 'how long coding alone lasts in a round' })
    .example('./launch.sh -n 2 bench compress run/ --model-path M', 'which stage the time goes to, on two ranks')
    .epilogue(
      'It takes the options of `swae compress`. What is written into --output-dir is removed. Every rank codes a slab from memory to memory, then all compress the whole input; speeds are those of all ranks together.',
    );
}

type BenchCompressOptions = Awaited<ReturnType<typeof options>['argv']>;

export const benchCompressCommand = collectiveCommand(
  'compress <input..>',
  'compression from file to file, stage by stage, beside coding alone',
  options,
  benchCompress,
);

async function benchCompress(communicator: Communicator, options: BenchCompressOptions): Promise<number> {
  const { roundMs, check } = options;
  const reconstruct = check && options.reconstruct;
  requireWhole('rounds', options.rounds, 1);
  requirePositive('round-ms', roundMs);
  const alone = await openAlone(communicator, options);
  const rounds: Round[] = [];
  let dataBytes = 0;
  for (let round = 0; round < options.rounds; round++) {
    const speeds = await measureAlone(communicator, alone, roundMs);
    const run = await compressOnce(communicator, options);
    if (!run) continue;
    dataBytes = run.dataBytes;
    rounds.push({ ...speeds, whole: run.dataBytes / run.seconds, stages: run.stages });
  }
  await alone.release();
  const machine = describeMachine(communicator);
  if (communicator.rank !== 0) return exitCode.success;
  const threads = resolveThreads(options.threads, communicator.localSize);
  const report = reportOf({ machine, threads, dataBytes, check, reconstruct }, rounds);
  printResult(report, `${formatMachine('bench compress', machine)}\n${formatReport(report)}`);
  return exitCode.success;
}

/** All ranks at once, as they share the memory of a node. */
async function measureAlone(
  communicator: Communicator,
  alone: Alone,
  roundMs: number,
): Promise<Pick<Round, 'encode' | 'decode'>> {
  const speedOf = async (subject: Subject) => {
    communicator.barrier();
    const rates = Float64Array.of(await subject.round(roundMs));
    communicator.allreduce(rates, 'sum');
    return rates[0];
  };
  return { encode: await speedOf(alone.encode), decode: await speedOf(alone.decode) };
}

/** Rank 0 gets what it took. The files are removed. */
async function compressOnce(communicator: Communicator, options: CompressOptions) {
  const isFirst = communicator.rank === 0;
  if (isFirst) makeFolder(options.outputDir);
  const outputDir = isFirst ? mkdtempSync(join(options.outputDir, 'bench-')) : '';
  try {
    const outcome = await inSilence(() => runCompression(communicator, { ...options, outputDir, resume: false }));
    if (!outcome) return undefined;
    const { folder, seconds, stages, written } = outcome;
    folder.finish();
    return { seconds, stages, dataBytes: written.outcomes.reduce((sum, { rawBytes }) => sum + rawBytes, 0) };
  } finally {
    if (isFirst) rmSync(outputDir, { recursive: true });
  }
}
