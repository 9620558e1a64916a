import type { Communicator } from '../../dist/communicator.js';
import { gatherInOrder } from '../../dist/gather.js';
import { deal } from '../../dist/partition.js';
import { exitCode, UsageError } from '../../errors.js';
import { complain, printResult, say } from '../../terminal.js';
import { measureExtremes } from '../compress/extremes.js';
import { bytesOfUnit, unitsOf } from '../compress/plan.js';
import { requireWhole, resolveResources } from '../options.js';
import { makeFolder } from '../output-folder.js';
import { startProgress } from '../progress.js';
import { sampleShares } from '../survey/samples.js';
import { SurveyTable } from '../survey/survey-table.js';
import type { EvaluateOptions } from './command.js';
import { checkConstraints, checkSigns } from './constraints.js';
import { Cube } from './cube.js';
import { packMeasured, unpackMeasured } from './measured.js';
import { openReconstructor, type Reconstructor } from './reconstructor.js';
import { describeEvaluation, documentOf, type Evaluation, writeEvaluation } from './report.js';
import { type ChosenBlocks, chooseBlocks, type SplitOptions } from './split.js';
import { UnitWorker } from './unit-worker.js';

export async function evaluate(communicator: Communicator, options: EvaluateOptions): Promise<number> {
  if (options.seed !== undefined) requireWhole('seed', options.seed, 0);
  requireWhole('max-blocks', options.maxBlocks, 1);
  if (options.plots && options.outputDir === undefined) throw new UsageError('--plots needs --output-dir');
  const startedMs = performance.now();
  const resources = resolveResources(options, communicator);
  const { threads } = resources;
  const reconstructor = await openReconstructor(communicator, options, resources);
  if (options.outputDir !== undefined) makeFolder(options.outputDir);
  const { evaluation, surveys, leftOut } = await measureReconstruction(communicator, reconstructor, options, threads);
  if (evaluation) {
    if (options.outputDir !== undefined) writeEvaluation(options.outputDir, evaluation);
    printResult(documentOf(evaluation), describeEvaluation(evaluation, options.outputDir));
    if (options.outputDir !== undefined && (options.report || options.plots)) {
      // What draws is loaded by the rank that needs it.
      const { reportEvaluation } = await import('./run-report.js');
      const run = { communicator, reconstructor, evaluation, surveys, threads, startedMs };
      for (const line of await reportEvaluation(run, options)) say(line);
    }
    for (const complaint of leftOut) complain(complaint);
  }
  return leftOut.length > 0 ? exitCode.partial : exitCode.success;
}

/**
 * What there is to say of a reconstruction, which is released: on rank 0 the evaluation and what the report shows, on every rank the complaints about what is left
 * out. The same figures, bit for bit, on any number of ranks: each measures units of its own, rank 0 adds their sums in order.
 */
export async function measureReconstruction(
  communicator: Communicator,
  reconstructor: Reconstructor,
  options: SplitOptions,
  threads: number,
): Promise<{ evaluation: Evaluation | undefined; surveys: SurveyTable; leftOut: readonly string[] }> {
  const { plan, complaints } = reconstructor;
  const units = unitsOf(plan, reconstructor.slabBytes);
  const weights = units.map((unit) => bytesOfUnit(plan, unit));
  const work = { units, weights, owners: deal(weights, communicator.size) };
  const chosen = await chooseBlocks(communicator, plan, units, work.owners, options, threads);
  const measured = await measureUnits(communicator, reconstructor, work, chosen, threads);
  // Blocks that were drawn one by one are not all of a point.
  const constraints = chosen ? [] : await checkConstraints(communicator, reconstructor, measured.failed);
  await reconstructor.release();
  const leftOut = [...complaints, ...measured.failed.values()];
  const { surveys } = measured;
  if (communicator.rank !== 0) return { evaluation: undefined, surveys, leftOut };
  const rows = measured.cube.rows();
  const evaluation: Evaluation = {
    reconstruction: reconstructor.description,
    normalisation: reconstructor.normalisation,
    part: chosen?.description ?? 'all values',
    rows,
    constraints: [...constraints, ...checkSigns(rows)],
  };
  return { evaluation, surveys, leftOut };
}

interface Work {
  readonly units: ReturnType<typeof unitsOf>;
  readonly weights: readonly number[];
  readonly owners: Uint32Array;
}

/** On rank 0 all sums; on every rank the files that could not be read, by their index, and why. */
async function measureUnits(
  communicator: Communicator,
  reconstructor: Reconstructor,
  { units, weights, owners }: Work,
  chosen: ChosenBlocks | undefined,
  threads: number,
): Promise<{ cube: Cube; surveys: SurveyTable; failed: ReadonlyMap<number, string> }> {
  const { plan } = reconstructor;
  const worker = new UnitWorker(reconstructor, await measureExtremes(communicator, plan), threads);
  const cube = new Cube();
  const surveys = new SurveyTable();
  const shares = sampleShares(units);
  const failures = new Map<number, string>();
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const progress = startProgress({ label: 'evaluate', total, unit: 'B' });
  let done = 0;
  await gatherInOrder(
    communicator,
    owners,
    { pack: packMeasured, unpack: unpackMeasured },
    (index) => worker.measure(units[index], shares[index], chosen?.byUnit[index]),
    (index, measured) => {
      const { file, variable } = units[index];
      const { name, variables } = plan.files[file];
      if (typeof measured === 'string') {
        failures.set(file, measured);
        surveys.remove(name);
      } else if (!failures.has(file)) {
        cube.add(name, variables[variable].path, measured.findings);
        surveys.add(name, variables[variable].path, measured.survey);
      }
      done += weights[index];
      progress.update(done);
    },
  );
  progress.finish();
  await worker.release();
  for (const file of failures.keys()) cube.remove(plan.files[file].name);
  const [shared] = communicator.allgather(Buffer.from(JSON.stringify([...failures])));
  return { cube, surveys, failed: new Map(JSON.parse(Buffer.from(shared).toString())) };
}
