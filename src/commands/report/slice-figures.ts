import type { Blocks } from '../../engines/onnx/codec.js';
import { worstPlane } from '../../page/slice.js';
import { drawSlices, type SlicePair } from '../../plots/slices.js';
import type { BlockNormaliser } from '../survey/normalised.js';
import { fromBase64, type Sample } from '../survey/samples.js';
import type { SampledVariable } from '../survey/survey-table.js';
import { nameOf } from './error-figures.js';
import type { Figure } from './page.js';

/** Whole blocks in one scale, [k, k, k]. */
export interface Scaled {
  readonly scale: string;
  readonly original: Blocks;
  readonly reconstruction: Blocks;
  readonly error: ArrayLike<number>;
}

/** For each variable the block with the largest error of all files, in the plane through that error. */
export async function sliceFigures(
  sampled: readonly SampledVariable[],
  scalesOf: (sample: Sample) => Promise<readonly Scaled[]>,
): Promise<Figure[]> {
  const worst = new Map<string, { at: SampledVariable; sample: Sample }>();
  for (const at of sampled) {
    const [sample] = at.samples;
    const known = worst.get(at.variable);
    if (!known || sample.largestError > known.sample.largestError) worst.set(at.variable, { at, sample });
  }
  const figures: Figure[] = [];
  const names = new Set<string>();
  for (const [variable, { at, sample }] of worst) {
    const { blockSize: k } = sample;
    const plane = worstPlane(fromBase64(sample.errors), [k, k, k], 0);
    const pairs = (await scalesOf(sample)).map((scaled) => slice(scaled, plane, k));
    const name = nameOf(variable);
    let file = `slices-${name.replaceAll(/[^\w.-]/g, '_')}`;
    while (names.has(file)) file += '_';
    names.add(file);
    figures.push({
      name: file,
      caption: `${name}: ${at.file}, ${sample.name}, plane z = ${plane}; largest error ${sample.largestError.toExponential(2)}`,
      svg: drawSlices(`${name}: original, reconstruction and error`, k, pairs),
    });
  }
  return figures;
}

/** In the units of the data, and in the scale of the network. */
export function bothScales(normaliser: BlockNormaliser, normalisation: string) {
  return async (sample: Sample): Promise<readonly Scaled[]> => {
    const physical = physicalScale(sample);
    if (normalisation === 'none') return [physical];
    const scale = typed(sample, sample.scale);
    const normalise = (blocks: Blocks) => normaliser.normalise(blocks, scale, sample.blockSize);
    const [original, reconstruction] = [await normalise(physical.original), await normalise(physical.reconstruction)];
    const error = original.map((value, i) => reconstruction[i] - value);
    return [physical, { scale: `normalised (${normalisation})`, original, reconstruction, error }];
  };
}

export function physicalScale(sample: Sample, scale = 'physical'): Scaled {
  const [values, error] = [fromBase64(sample.values), fromBase64(sample.errors)];
  const original = Float64Array.from(values, (value) => sample.base + value);
  const reconstruction = original.map((value, i) => value + error[i]);
  return { scale, original: typed(sample, original), reconstruction: typed(sample, reconstruction), error };
}

function typed({ dtype }: Sample, values: ArrayLike<number>): Blocks {
  return dtype === 'float64' ? Float64Array.from(values) : Float32Array.from(values);
}

function slice({ scale, original, reconstruction, error }: Scaled, plane: number, k: number): SlicePair {
  const [start, end] = [plane * k ** 2, (plane + 1) * k ** 2];
  return {
    scale,
    original: original.subarray(start, end),
    reconstruction: reconstruction.subarray(start, end),
    error: Array.from(error).slice(start, end),
  };
}
