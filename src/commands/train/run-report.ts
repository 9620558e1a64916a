import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findInputs } from '../../io/inputs.js';
import { type Curve, drawCurves } from '../../plots/curves.js';
import { readModel, resolveModelPath } from '../model-file.js';
import { resolveThreads } from '../options.js';
import { duration } from '../progress.js';
import { errorFigures, nameOf } from '../report/error-figures.js';
import type { Figure, Report, Section } from '../report/page.js';
import { provenance } from '../report/provenance.js';
import { physicalScale, sliceFigures } from '../report/slice-figures.js';
import { sliceSections } from '../report/slice-sections.js';
import { writeReport } from '../report/write.js';
import { psnr } from './epochs.js';
import type { Run } from './run.js';
import { sampleModel } from './sample-model.js';
import type { Shown } from './shown-blocks.js';
import { measuredPart, type ValidationErrors } from './validate.js';

/** What a run has come to, in normalised scale. */
export interface Outcome {
  /** Least validation error. */
  readonly best: number;
  /** Of the last model on the test part, where there is one. */
  readonly test: ValidationErrors | undefined;
}

/** `report.html` and plots of a training; gives lines that say where they are. */
export async function reportTraining(run: Run, outcome: Outcome, shownBlocks: Shown): Promise<string[]> {
  const { options, folder, communicator, trainer, startedMs, identity } = run;
  const { dataset, split } = trainer;
  const threads = resolveThreads(options.threads, communicator.localSize);
  const { model } = readModel(resolveModelPath(folder));
  const { part } = shownBlocks;
  const surveys = await sampleModel(model, dataset, shownBlocks, threads);
  const shown = [...surveys.values()].reduce((sum, { blocks }) => sum + blocks, 0).toLocaleString('en');
  const sampled = [...surveys].flatMap(([variable, { samples }]) =>
    samples.length > 0 ? [{ file: `${part} part`, variable, samples }] : [],
  );
  const scale = `normalised (${model.normalisation})`;
  const slices = await sliceFigures(sampled, async (sample) => [physicalScale(sample, scale)]);
  const report: Report = {
    title: 'Training',
    lead: `${options.arch}: blocks of ${options.blockSize}³ to ${options.latentSize} latents, ${run.position.epoch} epochs, ${run.position.step} steps.`,
    numbers: numbersOf(run, outcome),
    sections: [
      ...courseSection(join(folder, 'metrics.jsonl'), measuredPart(split)),
      ...testSection(run, outcome.test),
      {
        title: `The best model on blocks of the ${part} part`,
        paragraphs: [
          `${shown} of ${split[part].length.toLocaleString('en')} blocks, as the network meets them: in normalised scale.`,
        ],
        figures: errorFigures(surveys, new Map(), 'Every value of these blocks is counted'),
      },
      ...sliceSections(sampled, slices, ` of the ${shown} blocks above`),
      provenance({
        ranks: communicator.size,
        library: communicator.library,
        threads,
        startedMs,
        inputs: findInputs(options.input),
        made: [
          ['engine', `${options.engine} on ${options.device}`],
          ...Object.entries(identity).map(([name, value]) => [name, String(value ?? '–')] as const),
        ],
      }),
    ],
  };
  return writeReport(folder, report, options);
}

function numbersOf({ model, startedMs, trainer }: Run, { best, test }: Outcome): [string, string][] {
  const named = (error: number) => {
    const decibels = psnr(error, model.normalisation);
    return decibels === undefined ? error.toExponential(3) : `${decibels.toFixed(2)} dB`;
  };
  const unit = psnr(best, model.normalisation) === undefined ? 'mean squared error' : 'PSNR';
  return [
    [named(best), `best ${unit}, ${measuredPart(trainer.split)}`],
    ...(test ? [[named(test.mean), `${unit}, test`] as [string, string]] : []),
    [trainer.dataset.count.toLocaleString('en'), 'blocks'],
    [duration((performance.now() - startedMs) / 1000), 'since the start or --resume'],
  ];
}

type Metric = Readonly<Partial<Record<string, number>>>;

/** Of `metrics.jsonl`: steps now and then, and whole epochs; none in a short run. */
function courseSection(path: string, measured: string): Section[] {
  const metrics: Metric[] = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const curve = (name: string, key: string): Curve => ({
    name,
    points: metrics.flatMap(({ step, [key]: value }) => (value === undefined ? [] : [[step!, value] as const])),
  });
  const figure = (name: string, caption: string, axis: string, curves: readonly Curve[]): Figure[] => {
    const drawn = curves.filter(({ points }) => points.some(([, value]) => value > 0));
    return drawn.length === 0 ? [] : [{ name, caption, svg: drawCurves(caption, { x: 'step', y: axis }, drawn) }];
  };
  const figures = [
    ...figure('training', `Loss in training and error on the ${measured} part`, 'loss, mean squared error', [
      curve('training, a step', 'reconstruction'),
      curve('training, an epoch', 'epoch_reconstruction'),
      curve(`${measured} error`, 'validation_error'),
    ]),
    ...figure('divergence', 'Squared sliced Wasserstein distance between latents and prior', 'distance²', [
      curve('a step', 'divergence'),
      curve('an epoch', 'epoch_divergence'),
    ]),
  ];
  return figures.length === 0 ? [] : [{ title: 'Course', figures }];
}

/** A row for each variable. */
function testSection({ trainer, model }: Run, test: ValidationErrors | undefined): Section[] {
  if (!test) return [];
  const rows = trainer.dataset.variableNames.flatMap((name, i) => {
    const error = test.byVariable[i];
    if (Number.isNaN(error)) return [];
    return [[nameOf(name), error.toExponential(2), psnr(error, model.normalisation)?.toFixed(2) ?? '–']];
  });
  const caption = 'The last model on the test part, in normalised scale';
  return [{ title: 'Test', tables: [{ caption, heading: ['variable', 'MSE', 'PSNR/dB'], rows }] }];
}
