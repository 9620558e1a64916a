/**
 * Normalisation of each block to about [0, 1], as graph nodes, and its inverse. A block is described by its minimum and
 * its range (both in the type of the data): with t = (x − minimum) / range,
 *
 * - `minmax`: u = t
 * - `pos_log`: u = log(1 + c·t) / log(1 + c), c = range / minimum: the logarithm of x, scaled to [0, 1]. A block with
 *   values ≤ 0 is shifted first so that its smallest value becomes its range: c = 1. Where the values of a block differ by
 *   less than a tenth (c < 0.1) the logarithm is a straight line but for 5 %, while log(1 + c·t) has lost digits: u = t.
 *
 * The minimum is subtracted in the type of the data *before* the cast to float32: a metric component in float64 is
 * 1 + 1e-6·wave, and a cast first would lose the wave.
 */
import {
  add,
  cast,
  concat,
  constant,
  divide,
  exp,
  greater,
  log,
  maximum,
  minimum,
  multiply,
  reduceMax,
  reduceMin,
  reduceSum,
  scalar,
  slice,
  subtract,
  type Value,
  where,
} from '../onnx/index.js';

export const normalisations = ['pos_log', 'minmax'] as const;
export type Normalisation = (typeof normalisations)[number];

/** Beyond this c = range / minimum, float32 runs out of exponents; smaller values than range / c count as equal. */
const steepest = 1e30;
const straightBelow = 0.1;

export interface Normalised {
  /** [batch, values] float32. */
  readonly values: Value;
  /** [batch, 2] in the type of the blocks: (minimum, range). The range is 0 for a constant block and not finite for one
   * with NaN or ±Inf, or whose range overflows; `values` then means nothing. */
  readonly scale: Value;
}

/** blocks: [batch, values] float32 or float64. */
export function normalise(blocks: Value, method: Normalisation): Normalised {
  const type = blocks.type;
  const least = reduceMin(blocks, [1]);
  // 0·x summed is 0, or NaN if any x is not finite: minima and maxima alone do not see every NaN.
  const blemish = reduceSum(multiply(blocks, scalar(0, type)), [1]);
  const range = add(subtract(reduceMax(blocks, [1]), least), blemish);
  const divisor = nonzero(range);
  const t = cast(divide(subtract(blocks, least), divisor), 'float32');
  const scale = concat([least, range], 1);
  if (method === 'minmax') return { values: t, scale };
  const { steepness, span, straight } = logCurve(least, divisor);
  const curved = divide(log(add(scalar(1, 'float32'), multiply(t, steepness))), span);
  return { values: where(straight, t, curved), scale };
}

const middle = 0.5;
/** The standard deviation of normalised blocks of a BSSN run is about a quarter. */
const gain = 4;

/** [0, 1] → mean near 0 and variance near 1, which a network learns from several times faster. */
export function center(values: Value): Value {
  return multiply(subtract(values, scalar(middle, 'float32')), scalar(gain, 'float32'));
}

/** The inverse of `center`. */
export function uncenter(values: Value): Value {
  return add(multiply(values, scalar(1 / gain, 'float32')), scalar(middle, 'float32'));
}

/**
 * values: [batch, values] float32, scale: [batch, 2]. Gives blocks in the type of scale; they stay between minimum and
 * minimum + range, where the truth lies, whatever the values.
 */
export function denormalise(values: Value, scale: Value, method: Normalisation): Value {
  const least = slice(scale, 1, 0, 1);
  const range = slice(scale, 1, 1, 2);
  const t = minimum(maximum(uncurve(values, least, range, method), scalar(0, 'float32')), scalar(1, 'float32'));
  return add(least, multiply(cast(t, scale.type), range));
}

function uncurve(u: Value, least: Value, range: Value, method: Normalisation): Value {
  if (method === 'minmax') return u;
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
