import { type BlockCell, drawErrorByRange, drawErrorHistograms, type ErrorHistogram } from '../../plots/errors.js';
import { drawLatents } from '../../plots/latents.js';
import { drawRateDistortion, type RatePoint } from '../../plots/rate-distortion.js';
import { addErrorCounts, type Counts, type ErrorCounts, emptyErrorCounts } from '../survey/counts.js';
import { addLatentCounts, latentEdges } from '../survey/latent-counts.js';
import type { Survey } from '../survey/survey.js';
import type { Figure } from './page.js';

/** By their paths. */
export type Surveys = ReadonlyMap<string, Survey>;

/**
 * Those that can be drawn: of errors in the units of the data and in normalised scale, of blocks, of latents. `ranges`: of the variables;
 * `counted`: for people, the values that were looked at.
 */
export function errorFigures(
  surveys: Surveys,
  ranges: ReadonlyMap<string, number>,
  counted = 'Every value is counted',
): Figure[] {
  const note = `${counted}; bars are a factor of two wide, and up to 5 % of a variable’s errors, the smallest, are beyond the axis.`;
  return [
    ...physicalHistograms(surveys, ranges, note),
    ...normalisedHistograms(surveys, note),
    ...physicalBlocks(surveys, ranges),
    ...latents(surveys),
  ];
}

/** Variables without errors, or of which everything is exact, have no point. */
export function rateFigures(points: readonly RatePoint[]): Figure[] {
  const finite = points.filter(({ bitsPerValue, psnr }) => Number.isFinite(bitsPerValue) && Number.isFinite(psnr));
  if (finite.length === 0) return [];
  const caption =
    'Rate and distortion of each variable: bits stored for a value (latents and what undoes the normalisation, or records), and PSNR.';
  return [{ name: 'rate-distortion', caption, svg: drawRateDistortion('Rate and distortion', finite) }];
}

export function bitsPerValue({ storedBytes, values }: Survey): number {
  return (8 * storedBytes) / values;
}

function physicalHistograms(surveys: Surveys, ranges: ReadonlyMap<string, number>, note: string): Figure[] {
  const histograms = [...surveys].flatMap(([path, { physical }]) => histogramOf(path, physical, ranges.get(path) ?? 0));
  if (histograms.length === 0) return [];
  return [
    {
      name: 'errors',
      caption: `How often errors of a size occur, as fractions of the range of each variable. ${note}`,
      svg: drawErrorHistograms('Errors by variable', '|error| / range of the variable', histograms),
    },
  ];
}

function normalisedHistograms(surveys: Surveys, note: string): Figure[] {
  const histograms = [...surveys].flatMap(([path, { normalised }]) => histogramOf(path, normalised, 1));
  if (histograms.length === 0) return [];
  return [
    {
      name: 'errors-normalised',
      caption: `How often errors of a size occur in normalised scale: what the network sees. ${note}`,
      svg: drawErrorHistograms('Errors by variable, normalised', '|error| in normalised scale', histograms),
    },
  ];
}

function histogramOf(path: string, { values, exact, errors }: ErrorCounts, unit: number): ErrorHistogram[] {
  if (values === exact || !(unit > 0)) return [];
  const bins = Object.entries(errors).map(([exponent, count]) => ({
    from: 2 ** Number(exponent) / unit,
    to: 2 ** (Number(exponent) + 1) / unit,
    share: count / values,
  }));
  return [{ name: nameOf(path), bins, exact: exact / values }];
}

/** Ranges of variables are rounded to powers of two, so that the cells of all variables are the same. */
function physicalBlocks(surveys: Surveys, ranges: ReadonlyMap<string, number>): Figure[] {
  const shifted = emptyErrorCounts();
  for (const [path, { physical }] of surveys) {
    const range = ranges.get(path) ?? 0;
    if (range > 0)
      addErrorCounts(shifted, { ...physical, blocks: shift(physical.blocks, Math.round(Math.log2(range))) });
  }
  const cells = cellsOf(shifted.blocks);
  if (cells.length === 0) return [];
  const axes = {
    range: 'range of the block / range of its variable',
    error: 'largest error of the block / range of its variable',
  };
  const caption =
    'Largest error of a block by its range, all variables together; on the dashed line an error is as large as the block’s own range.';
  return [{ name: 'error-by-range', caption, svg: drawErrorByRange('Error by block range', axes, cells) }];
}

function shift(blocks: Counts, by: number): Counts {
  return Object.fromEntries(
    Object.entries(blocks).map(([cell, count]) => [
      exponentsOf(cell)
        .map((exponent) => exponent - by)
        .join(' '),
      count,
    ]),
  );
}

function cellsOf(blocks: Counts): BlockCell[] {
  return Object.entries(blocks).map(([cell, count]) => {
    const [range, error] = exponentsOf(cell).map((exponent): [number, number] => [2 ** exponent, 2 ** (exponent + 1)]);
    return { range, error, blocks: count };
  });
}

function exponentsOf(cell: string): number[] {
  return cell.split(' ').map(Number);
}

function latents(surveys: Surveys): Figure[] {
  let counts: readonly number[][] = [];
  for (const survey of surveys.values()) counts = addLatentCounts(counts, survey.latents);
  if (counts.length === 0) return [];
  const svg = drawLatents(
    'Latents',
    latentEdges,
    counts.map((own) => ({ counts: own })),
  );
  const caption = `Distribution of the ${counts.length} latents, beside the prior that the sliced Wasserstein distance pulls them to.`;
  return [{ name: 'latents', caption, svg }];
}

/** The path without the slash in front. */
export function nameOf(path: string): string {
  return path.replace(/^\//, '');
}
