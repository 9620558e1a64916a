import type { Communicator } from '../../dist/communicator.js';
import { exitCode, InputError, UsageError } from '../../errors.js';
import type { ArchiveHeader, Coding } from '../../io/archive/format.js';
import { complain, printSummary, say } from '../../terminal.js';
import { version } from '../../version.js';
import { requireNetwork } from '../coding.js';
import { describeRanks } from '../describe-ranks.js';
import { resolveResources } from '../options.js';
import { requireWritable } from '../output-folder.js';
import type { ReportOptions } from '../report/options.js';
import { boundedMethod } from './bounded-method.js';
import type { CompressOptions } from './command.js';
import { compressGroup } from './compress-group.js';
import { latentMethod } from './latent-method.js';
import type { Method, Prepared } from './method.js';
import type { Outcome } from './outcome.js';
import { Output } from './output.js';
import { makePlan, type Plan, planDigest, slabBytes } from './plan.js';
import { describePlan, reportRun, summarise, writeSummary } from './report.js';
import { identityOfUnfinished, openRunFolder } from './run-folder.js';
import { StageClock, secondsByStage } from './stages.js';
import { type Wants, Worker } from './worker.js';
import { writeIndex } from './write-index.js';
import { type Group, groupsOf, requireWriters } from './writers.js';
import { gatherWritten } from './written.js';

export async function compress(communicator: Communicator, options: CompressOptions & ReportOptions): Promise<number> {
  if (options.plots && !options.check) throw new UsageError('--plots shows errors: leave out --no-check');
  const outcome = await runCompression(communicator, options);
  if (!outcome) return exitCode.success;
  const { written, folder } = outcome;
  const { encodedPath: encoded, reconstructedPath } = folder;
  printSummary(
    { encoded, ...(reconstructs(options) && { reconstructed: reconstructedPath }), ...summarise(outcome) },
    reportRun(outcome, reconstructs(options)),
  );
  if (options.check && (options.report || options.plots)) {
    // What draws is loaded by the rank that needs it.
    const { reportCompression } = await import('./run-report.js');
    for (const line of await reportCompression(outcome, options)) say(line);
  }
  // Last: a run without its report is gone on with.
  folder.finish();
  for (const [what, [first, ...more]] of written.changed) {
    const others = more.length > 0 ? ` (and in ${more.length} more files)` : '';
    complain(`hdf5 "${first}:${what}${others}`);
  }
  for (const complaint of written.complaints) complain(complaint);
  return written.complaints.length > 0 ? exitCode.partial : exitCode.success;
}

/** Rank 0 gets the outcome, and calls `finish` of its folder when nothing more is to come. A collective call. */
export async function runCompression(
  communicator: Communicator,
  options: CompressOptions & Partial<ReportOptions>,
): Promise<Outcome | undefined> {
  const reconstruct = reconstructs(options);
  const { check, report, plots } = options;
  const method = chooseMethod(options);
  requireWriters(options.writers, communicator.size);
  requireWritable(options.outputDir);
  const plan = makePlan(communicator, options.input, options.variables, (variable) => method.blockSizeOf(variable));
  const groups = groupsOf(plan, communicator.size, options.writers);
  const resources = resolveResources(options, communicator);
  const { threads } = resources;
  const prepared = await method.prepare(communicator, plan, resources, identityOfUnfinished(communicator, options));
  const { codec, coding, model } = prepared;
  const roots = groups.map(({ ranks }) => ranks.start);
  const folder = openRunFolder(communicator, options, identityOf(prepared, plan, groups, check), roots);
  const planned = describePlan(plan, describeRanks(communicator, threads, options.device), folder);
  say([...planned, ...prepared.notes].join('\n'));
  const startedMs = performance.now();
  const header = headerOf(coding);
  const group = groups.find(({ ranks }) => communicator.rank < ranks.end)!;
  const clock = new StageClock();
  const wants = { errors: check, values: reconstruct, survey: check && (report === true || plots === true) };
  const worker = new Worker(plan, codec, wants, clock);
  const isWriter = communicator.rank === group.ranks.start;
  const output = isWriter
    ? new Output(plan, group.files, folder.targets(group.index), header, model, wants)
    : undefined;
  clock.lap('write');
  try {
    const share = writeShare(coding, wants);
    await compressGroup(communicator, group, { plan, folder, worker, output, clock }, share);
    worker.close();
    await codec.release();
    expectSome(communicator, plan, output);
    clock.lap('gather');
    const own = output?.finish();
    if (isWriter) folder.endRecords();
    clock.lap('write');
    communicator.reduce(clock.seconds, 'sum', 0);
    const parts = gatherWritten(communicator, own);
    clock.lap('gather');
    if (!parts) return undefined;
    const written = parts.length === 1 ? parts[0] : writeIndex(parts, folder, header, reconstruct);
    clock.lap('write');
    const seconds = (performance.now() - startedMs) / 1000;
    const stages = secondsByStage(clock.seconds);
    const { size: ranks, library } = communicator;
    const outcome = { folder, plan, coding, written, ranks, library, threads, startedMs, seconds, stages };
    writeSummary(folder, summarise(outcome));
    return outcome;
  } catch (error) {
    output?.discard();
    throw error;
  }
}

/** Throws InputError, on every rank, where no file could be read: there is nothing to keep. A collective call. */
function expectSome(communicator: Communicator, { files }: Plan, output: Output | undefined): void {
  const own = { leftOut: output?.leftOut ?? 0, complaints: output?.complaints ?? [] };
  const all = communicator
    .allgather(Buffer.from(JSON.stringify(own)))
    .map((bytes): typeof own => JSON.parse(Buffer.from(bytes).toString()));
  const leftOut = all.reduce((sum, rank) => sum + rank.leftOut, 0);
  if (leftOut === files.length) throw new InputError(all.flatMap(({ complaints }) => complaints).join('\n'));
}

/** What must be the same where a run is gone on with. */
function identityOf(prepared: Prepared, plan: Plan, { length: writers }: readonly Group[], check: boolean): string {
  const split = writers > 1 && { writers };
  const unchecked = !check && { check };
  return JSON.stringify({ swae: version, ...prepared.identity, ...split, ...unchecked, inputs: planDigest(plan) });
}

function headerOf(coding: Coding): ArchiveHeader {
  return {
    created: new Date().toISOString(),
    swaeVersion: version,
    command: `swae ${process.argv.slice(2).join(' ')}`,
    slabBytes,
    coding,
  };
}

/**
 * What a writer spends on a slab, in parts of what its owner spends on it: about so much for the 7³ MLP on one core and for bounds of
 * 1e-3 or so. Where it is wrong some ranks wait.
 */
function writeShare({ kind }: Coding, { values, errors }: Wants): number {
  const share = values ? 0.2 : errors ? 0.06 : 0.13;
  return kind === 'latents' ? share : share / 5;
}

/** A reconstruction is what checking leaves behind. */
function reconstructs({ check, reconstruct }: Pick<CompressOptions, 'check' | 'reconstruct'>): boolean {
  return check && reconstruct;
}

/** Throws UsageError where the options name none, or contradict each other. */
export function chooseMethod(options: CompressOptions): Method {
  const { modelPath, errorBound, boundMode, targetPsnr, useFloat8, enableInt8, check } = options;
  if (boundMode !== undefined && errorBound === undefined)
    throw new UsageError(`--bound-mode ${boundMode} goes with --error-bound`);
  if (errorBound === undefined && targetPsnr === undefined) {
    if (modelPath !== undefined) return latentMethod(modelPath, options);
    throw new UsageError(
      'compress needs --model-path (latents of a model), or --error-bound or --target-psnr (no model)',
    );
  }
  if (!check) throw new UsageError('--no-check goes with --model-path: a bound is kept because it is checked');
  if (useFloat8 || enableInt8)
    throw new UsageError('--use-float8 and --enable-int8 go with a model, not with --error-bound or --target-psnr');
  requireNetwork({ kind: 'bounded' }, options);
  return boundedMethod(options);
}
