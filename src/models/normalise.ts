/**
 * Normalisation of each block, as graph nodes, and its inverse. A block is described by an offset and a width, both in the
 * type of the data: for `pos_log`, `minmax` and `none` its minimum and its range, for `zscore` its mean and its standard
 * deviation. With t = (x − minimum) / range,
 *
 * - `minmax`: u = t
 * - `pos_log`: u = log(1 + c·t) / log(1 + c), c = range / minimum: the logarithm of x, scaled to [0, 1]. A block with
 *   values ≤ 0 is shifted first so that its smallest value becomes its range: c = 1. Where the values of a block differ by
 *   less than a tenth (c < 0.1) the logarithm is a straight line but for 5 %, while log(1 + c·t) has lost digits: u = t.
 *
 * - `zscore`: u = (x − mean) / standard deviation
 * - `none`: u = x, as float32
 * - `dual`, `adaptive`: `pos_log` or `minmax`, the one that suits the block or its variable better. The sign of the range
 *   that is stored tells which: below 0 it is `minmax`.
 *
 * But for `none`, the offset is subtracted in the type of the data *before* the cast to float32: a metric component in float64 is
 * 1 + 1e-6·wave, and a cast first would lose the wave.
 */
import {
  add,
  cast,
  concat,
  constant,
  divide,
  equal,
  exp,
  greater,
  log,
  logOfRows,
  maximum,
  minimum,
  multiply,
  negate,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceSum,
  scalar,
  slice,
  sqrt,
  square,
  subtract,
  type Value,
  where,
} from '../onnx/index.js';
import { batchSize } from './batch.js';

/** What `dual` and `adaptive` choose from. */
export const transforms = ['pos_log', 'minmax'] as const;
export type Transform = (typeof transforms)[number];

const simple = [...transforms, 'zscore', 'none'] as const;
/** Those that have one form of any block. */
export type SimpleNormalisation = (typeof simple)[number];

export const normalisations = [...simple, 'dual', 'adaptive'] as const;
export type Normalisation = (typeof normalisations)[number];

/** Whether the stored range tells by its sign how a block was normalised. */
export function isSigned(method: Normalisation): method is 'dual' | 'adaptive' {
  return method === 'dual' || method === 'adaptive';
}

/** The normalisations that a network meets blocks in. */
export function formsOf(method: Normalisation): readonly SimpleNormalisation[] {
  return isSigned(method) ? transforms : [method];
}

/** Whether normalised values lie in [0, 1]. */
export function isUnitScaled(method: Normalisation): boolean {
  return method !== 'zscore' && method !== 'none';
}

/** Beyond this c = range / minimum, float32 runs out of exponents; smaller values than range / c count as equal. */
const steepest = 1e30;
const straightBelow = 0.1;

export interface Normalised {
  /** [batch, values] float32. */
  readonly values: Value;
  /** [batch, 2] in the type of the blocks: (offset, width). The width is 0 for a constant block and not finite for one
   * with NaN or ±Inf, or whose width overflows; `values` then means nothing. */
  readonly scale: Value;
}

/** blocks: [batch, values] float32 or float64. */
export function normalise(blocks: Value, method: SimpleNormalisation): Normalised {
  if (method === 'zscore') return standardise(blocks);
  if (method === 'none') return asTheyAre(blocks);
  const { scale, ...forms } = transformBoth(blocks);
  return { values: forms[method], scale };
}

/** Blocks in each transform, and the scale that both share. */
export function transformBoth(blocks: Value): Record<Transform, Value> & { scale: Value } {
  const least = reduceMin(blocks, [1]);
  const finiteRange = subtract(reduceMax(blocks, [1]), least);
  const divisor = nonzero(finiteRange);
  const t = cast(divide(subtract(blocks, least), divisor), 'float32');
  // A NaN or ±Inf in a block makes NaNs of t.
  const range = add(finiteRange, cast(blemish(t), blocks.type));
  return { pos_log: curve(t, least, divisor), minmax: t, scale: concat([least, range], 1) };
}

/** The sum of a straight part and a curved one, either of which is 0 in each block: faster than a choice for each value. */
function curve(t: Value, least: Value, divisor: Value): Value {
  const { steepness, span, straight } = logCurve(least, divisor);
  const [zero, one] = [scalar(0, 'float32'), scalar(1, 'float32')];
  const logarithm = logOfRows(add(one, multiply(t, where(straight, zero, steepness))), batchSize);
  return add(multiply(t, cast(straight, 'float32')), multiply(logarithm, where(straight, zero, divide(one, span))));
}

/**
 * Blocks as a network meets those whose `scale` this is, [batch, values] float32: the inverse of `denormalise`. They may be others
 * of about the same values: normalised by the scale of what was encoded, a reconstruction can be compared with it.
 */
export function normaliseBy(blocks: Value, scale: Value, method: Normalisation): Value {
  if (method === 'none') return cast(blocks, 'float32');
  const offset = slice(scale, 1, 0, 1);
  const width = slice(scale, 1, 1, 2);
  if (method === 'zscore') return cast(divide(subtract(blocks, offset), nonzero(width)), 'float32');
  const linear = greater(scalar(0, scale.type), width);
  const range = nonzero(where(linear, negate(width), width));
  const t = cast(divide(subtract(blocks, offset), range), 'float32');
  if (method === 'minmax') return t;
  const curved = curve(t, offset, range);
  return isSigned(method) ? where(linear, t, curved) : curved;
}

/** The scale of blocks in the other transform, where its sign tells: the range negated. */
export function otherSign(scale: Value): Value {
  return concat([slice(scale, 1, 0, 1), negate(slice(scale, 1, 1, 2))], 1);
}

/** A float64 value beyond float32 counts as infinite: it has no place in a network that gets values as they are. */
function asTheyAre(blocks: Value): Normalised {
  const values = cast(blocks, 'float32');
  const least = reduceMin(blocks, [1]);
  const range = add(subtract(reduceMax(blocks, [1]), least), cast(blemish(values), blocks.type));
  return { values, scale: concat([least, range], 1) };
}

/** u = (x − mean) / deviation; squares are taken of differences scaled to 1, which cannot overflow. */
function standardise(blocks: Value): Normalised {
  const type = blocks.type;
  const mean = reduceMean(blocks, [1]);
  const differences = subtract(blocks, mean);
  const largest = maximum(reduceMax(differences, [1]), negate(reduceMin(differences, [1])));
  const spread = sqrt(reduceMean(square(divide(differences, nonzero(largest))), [1]));
  // A constant block is exactly that: its mean is rounded, its extremes are not.
  const constant = equal(reduceMax(blocks, [1]), reduceMin(blocks, [1]));
  const width = add(where(constant, scalar(0, type), multiply(largest, spread)), blemish(blocks));
  const offset = where(constant, reduceMin(blocks, [1]), mean);
  const values = cast(divide(differences, nonzero(width)), 'float32');
  return { values, scale: concat([offset, width], 1) };
}

/** 0·x summed is 0, or NaN if any x is not finite: minima and maxima alone do not see every NaN. */
function blemish(blocks: Value): Value {
  return reduceSum(multiply(blocks, scalar(0, blocks.type)), [1]);
}

export const middle = 0.5;
/** The standard deviation of blocks of a BSSN run scaled to [0, 1] is about a quarter. */
export const gain = 4;

/** Mean near 0 and variance near 1, which suits a network and its initial parameters better than [0, 1]. */
export function center(values: Value, method: Normalisation): Value {
  if (!isUnitScaled(method)) return values;
  return multiply(subtract(values, scalar(middle, 'float32')), scalar(gain, 'float32'));
}

/** The inverse of `center`. */
export function uncenter(values: Value, method: Normalisation): Value {
  if (!isUnitScaled(method)) return values;
  return add(multiply(values, scalar(1 / gain, 'float32')), scalar(middle, 'float32'));
}

/**
 * values: [batch, values] float32, scale: [batch, 2]. Gives blocks in the type of scale; where it tells minimum and range,
 * they stay between them, whatever the values.
 */
export function denormalise(values: Value, scale: Value, method: Normalisation): Value {
  const offset = slice(scale, 1, 0, 1);
  const width = slice(scale, 1, 1, 2);
  if (method === 'zscore') return add(offset, multiply(cast(values, scale.type), width));
  if (method === 'none') return minimum(maximum(cast(values, scale.type), offset), add(offset, width));
  if (!isSigned(method)) return restore(linearise(values, scale, method), scale);
  const linear = greater(scalar(0, scale.type), width);
  const positive = where(linear, otherSign(scale), scale);
  const t = where(linear, linearise(values, positive, 'minmax'), linearise(values, positive, 'pos_log'));
  return restore(t, positive);
}

/** t = (x − minimum) / range, float32, of values in a transform; what is outside of [0, 1] is cut off. */
export function linearise(values: Value, scale: Value, method: Transform): Value {
  const t = method === 'minmax' ? values : uncurve(values, slice(scale, 1, 0, 1), slice(scale, 1, 1, 2));
  return minimum(maximum(t, scalar(0, 'float32')), scalar(1, 'float32'));
}

/** x = minimum + range·t */
function restore(t: Value, scale: Value): Value {
  return add(slice(scale, 1, 0, 1), multiply(cast(t, scale.type), slice(scale, 1, 1, 2)));
}

function uncurve(u: Value, least: Value, range: Value): Value {
  const { steepness, span, straight } = logCurve(least, nonzero(range));
  return where(straight, u, divide(subtract(exp(multiply(u, span)), scalar(1, 'float32')), steepness));
}

/** The range to divide by: 1 for a constant block. */
function nonzero(range: Value): Value {
  return where(greater(range, scalar(0, range.type)), range, scalar(1, range.type));
}

/** c, log(1 + c), and whether the curve is taken as straight; each [batch, 1]. */
function logCurve(least: Value, range: Value): { steepness: Value; span: Value; straight: Value } {
  const type = least.type;
  const zero = scalar(0, type);
  const positive = greater(least, zero);
  const ratio = divide(range, where(positive, least, range));
  const one = constant(Float32Array.of(1), [1, 1]);
  const steepness = cast(minimum(ratio, scalar(steepest, type)), 'float32');
  const straight = greater(scalar(straightBelow, 'float32'), steepness);
  return { steepness, span: log(add(one, steepness)), straight };
}
