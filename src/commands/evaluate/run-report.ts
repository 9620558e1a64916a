import type { Communicator } from '../../dist/communicator.js';
import { bitsPerValue, errorFigures, nameOf, rateFigures } from '../report/error-figures.js';
import type { ReportOptions } from '../report/options.js';
import { provenance } from '../report/provenance.js';
import { bothScales, sliceFigures } from '../report/slice-figures.js';
import { sliceSections } from '../report/slice-sections.js';
import { writeReport } from '../report/write.js';
import { BlockNormaliser } from '../survey/normalised.js';
import type { SurveyTable } from '../survey/survey-table.js';
import type { EvaluateOptions } from './command.js';
import type { Row } from './cube.js';
import type { Figures } from './figures.js';
import type { Reconstructor } from './reconstructor.js';
import type { Evaluation } from './report.js';
import { decibels, evaluationTables, isWhole } from './tables.js';

/** An evaluation that is over. */
export interface FinishedEvaluation {
  readonly communicator: Communicator;
  readonly reconstructor: Reconstructor;
  readonly evaluation: Evaluation;
  readonly surveys: SurveyTable;
  readonly threads: number;
  readonly startedMs: number;
}

/** `report.html` and plots of an evaluation; gives lines that say where they are. */
export async function reportEvaluation(
  { communicator, reconstructor, evaluation, surveys, threads, startedMs }: FinishedEvaluation,
  options: EvaluateOptions & ReportOptions,
): Promise<string[]> {
  const { reconstruction, normalisation, part, rows, constraints } = evaluation;
  const { variables, sampled } = surveys.finish();
  const figuresOf = new Map(
    rows.flatMap((row) => (row.variable && !row.file && row.level === undefined ? [[row.variable, row.physical]] : [])),
  );
  const points = [...variables].map(([path, survey]) => ({
    name: nameOf(path),
    bitsPerValue: bitsPerValue(survey),
    psnr: figuresOf.get(path)?.psnr ?? Number.NaN,
  }));
  const ranges = new Map([...figuresOf].map(([path, figures]) => [path, rangeOf(figures)]));
  const normaliser = new BlockNormaliser(reconstructor.normalisation, threads);
  const slices = await sliceFigures(sampled, bothScales(normaliser, normalisation));
  await normaliser.release();
  const report = {
    title: 'Evaluation',
    lead: `${part}, reconstructed by ${reconstruction}.`,
    numbers: numbersOf(rows),
    sections: [
      { title: 'Figures', tables: evaluationTables(rows, constraints, normalisation) },
      { title: 'Errors', figures: [...rateFigures(points), ...errorFigures(variables, ranges)] },
      ...sliceSections(sampled, slices),
      provenance({
        ranks: communicator.size,
        library: communicator.library,
        threads,
        startedMs,
        inputs: reconstructor.plan.files,
        made: [
          ['reconstruction', reconstruction],
          ['normalisation', normalisation],
          ['part', part],
        ],
      }),
    ],
  };
  return writeReport(options.outputDir!, report, options);
}

function rangeOf({ minimum, maximum }: Figures): number {
  return minimum === null || maximum === null ? 0 : maximum - minimum;
}

function numbersOf(rows: readonly Row[]): [string, string][] {
  const whole = rows.find(isWhole);
  if (!whole) return [];
  const { physical, normalised } = whole;
  return [
    [`${decibels(physical)} dB`, 'PSNR'],
    [physical.ssim?.toFixed(6) ?? '–', 'SSIM'],
    [`${decibels(normalised)} dB`, 'PSNR in normalised scale'],
    [physical.count.toLocaleString('en'), 'values'],
  ];
}
