import { constant, gradient, input, multiply, reduceSum, type Value } from '../../src/onnx/index.js';
import { assertClose, relative } from '../close.js';
import { evaluate, withGraph } from './evaluate.js';
import { type Domain, type Grid, sample } from './grid.js';

export interface OperatorCase {
  readonly operator: (...values: Value[]) => Value;
  readonly reference: (...grids: Grid[]) => Grid;
  /** Shapes of the inputs. */
  readonly shapes: readonly (readonly number[])[];
  /** Where the inputs lie; real where nothing is said. */
  readonly domain?: Domain;
}

/** float32 rounds at 6e-8; sums of up to 64 such terms and the exponential of a few stay below this. float64 alike. */
const valueTolerance = { float32: 2e-6, float64: 1e-14 };

/** The operator run in onnxruntime against the reference: values and shape. */
export async function checkValue(
  { operator, reference, shapes, domain }: OperatorCase,
  type: 'float32' | 'float64',
): Promise<void> {
  const { inputs, feeds } = prepare(shapes, domain, type);
  const out = operator(...Object.values(inputs));
  const { out: actual } = await evaluate(inputs, { out }, feeds);
  const expected = reference(...Object.values(feeds));
  if (`${out.shape}` !== `${expected.shape}` || `${actual.shape}` !== `${expected.shape}`)
    throw new Error(`shape: promised [${out.shape}], ran [${actual.shape}], expected [${expected.shape}]`);
  assertClose(actual.data, expected.data, relative(valueTolerance[type]), 'value');
}

/**
 * Central differences with step h = 1e-5 have an error of h²/6·f‴ ≈ 2e-11·f‴ from the series and 1e-16·f/h = 1e-11·f from
 * rounding; f and f‴ are at most some hundreds here.
 */
const step = 1e-5;
const gradientTolerance = 1e-8;

/** The operator's gradient rule against central differences, both in float64, of Σ weights·operator(…). */
export async function checkGradient({ operator, shapes, domain }: OperatorCase): Promise<void> {
  const { inputs, feeds } = prepare(shapes, domain, 'float64');
  const out = operator(...Object.values(inputs));
  const shape = out.shape as readonly number[];
  const weights = constant(Float64Array.from(sample(shape, 'real', 99).data), shape);
  const axes = shape.map((_, axis) => axis);
  const loss = reduceSum(multiply(out, weights), axes);
  const gradients = gradient(loss, Object.values(inputs));
  const named = Object.fromEntries(Object.keys(inputs).map((name, i) => [`gradient_${name}`, gradients[i]]));
  const analytic = await evaluate(inputs, named, feeds);
  await withGraph(inputs, { loss }, async (run) => {
    const lossAt = async (name: string, position: number, offset: number) => {
      const data = feeds[name].data.map((value, i) => (i === position ? value + offset : value));
      return (await run({ ...feeds, [name]: { ...feeds[name], data } })).loss.data[0];
    };
    for (const [name, { data, shape: expectedShape }] of Object.entries(feeds)) {
      const numeric: number[] = [];
      for (const position of data.keys())
        numeric.push(((await lossAt(name, position, step)) - (await lossAt(name, position, -step))) / (2 * step));
      const actual = analytic[`gradient_${name}`];
      if (`${actual.shape}` !== `${expectedShape}`)
        throw new Error(`gradient of ${name}: shape [${actual.shape}], expected [${expectedShape}]`);
      assertClose(actual.data, numeric, relative(gradientTolerance), `gradient of ${name}`);
    }
  });
}

function prepare(shapes: OperatorCase['shapes'], domain: Domain = 'real', type: 'float32' | 'float64') {
  const entries = shapes.map((shape, i) => {
    const drawn = sample(shape, domain, i + 1);
    // The reference sees the very numbers that the graph is fed.
    const data = type === 'float32' ? drawn.data.map(Math.fround) : drawn.data;
    return { name: `x${i}`, value: input(`x${i}`, type, shape), grid: { shape, data } };
  });
  return {
    inputs: Object.fromEntries(entries.map(({ name, value }) => [name, value])),
    feeds: Object.fromEntries(entries.map(({ name, grid }) => [name, grid])),
  };
}
