import test from 'ava';
import fc from 'fast-check';
import {
  convolutionTerms,
  convolvedSize,
  type Kernel,
  transposedSize,
  transposedTerms,
} from '../../src/models/grid.js';
import { applyMap, costs, type Form, type PositionMap } from '../../src/models/lowering.js';
import { productsIn } from '../../src/models/products.js';
import { gradient, input, reduceSum, type Value } from '../../src/onnx/index.js';
import { singleNode } from '../../src/onnx/value.js';
import { assertClose, relative } from '../close.js';
import { evaluate } from '../onnx/evaluate.js';
import { fill, type Grid, sample } from '../onnx/grid.js';

type Kind = 'convolution' | 'transposed-convolution';
const batch = 3;

const shapes = fc
  .record({
    kind: fc.constantFrom<Kind>('convolution', 'transposed-convolution'),
    inputs: fc.integer({ min: 1, max: 4 }),
    outputs: fc.integer({ min: 1, max: 4 }),
    size: fc.integer({ min: 1, max: 5 }),
    kernel: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.integer({ min: 0, max: 1 }),
  })
  .filter((shape) => shape.padding < shape.kernel && outSize(shape) >= 1);
type Shape = typeof shapes extends fc.Arbitrary<infer T> ? T : never;

function outSize({ kind, ...kernel }: Kernel & { kind: Kind }): number {
  return kind === 'convolution' ? convolvedSize(kernel) : transposedSize(kernel);
}

function mapOf({ kind, inputs, outputs, ...kernel }: Shape): PositionMap {
  const terms = kind === 'convolution' ? convolutionTerms(kernel) : transposedTerms(kernel);
  return {
    terms,
    inputPositions: kernel.size ** 3,
    taps: kernel.kernel ** 3,
    inputChannels: inputs,
    outputChannels: outputs,
  };
}

/** onnxruntime's own convolution, with the textbook's layout: [batch, channels, z, y, x]. */
function textbook({ kind, stride, padding, outputs, ...shape }: Shape, x: Value, weight: Value): Value {
  const side = outSize({ kind, stride, padding, ...shape });
  return singleNode({
    operator: kind === 'convolution' ? 'Conv' : 'ConvTranspose',
    attributes: {
      strides: [stride, stride, stride],
      pads: new Array(6).fill(padding),
      kernel_shape: new Array(3).fill(shape.kernel),
    },
    inputs: [x, weight],
    type: 'float32',
    shape: [batch, outputs, side, side, side],
  });
}

/** [positions, batch, channels] → [batch, channels, …cube]. */
function channelsFirst({ data }: Grid, channels: number, side: number): Grid {
  return fill([batch, channels, side, side, side], ([b, c, z, y, x]) => {
    const position = (z * side + y) * side + x;
    return data[(position * batch + b) * channels + c];
  });
}

/** [taps, in, out] → Conv's [out, in, …cube] or ConvTranspose's [in, out, …cube]. */
function textbookWeight({ data }: Grid, { kind, inputs, outputs, kernel }: Shape): Grid {
  const isConvolution = kind === 'convolution';
  const order = isConvolution ? [outputs, inputs] : [inputs, outputs];
  return fill([...order, kernel, kernel, kernel], ([a, b, z, y, x]) => {
    const [from, to] = isConvolution ? [b, a] : [a, b];
    return data[(((z * kernel + y) * kernel + x) * inputs + from) * outputs + to];
  });
}

async function lowered(
  shape: Shape,
  form: Form,
  x: Grid,
  weight: Grid,
): Promise<{ y: Grid; forX: Grid; forWeight: Grid }> {
  const map = mapOf(shape);
  const inputs = { x: input('x', 'float64', x.shape), weight: input('weight', 'float64', weight.shape) };
  const y = applyMap(map, inputs.x, inputs.weight, productsIn('float32'), form);
  // Each output counts differently, so that the gradients know one from another.
  const scales = input('scales', 'float64', y.shape as number[]);
  const loss = reduceSum(multiplied(y, scales), [0, 1, 2]);
  const [forX, forWeight] = gradient(loss, [inputs.x, inputs.weight]);
  const feeds = { x, weight, scales: sample(y.shape as number[], 'real', 3) };
  const out = await evaluate({ ...inputs, scales }, { y, forX, forWeight }, feeds);
  return out as { y: Grid; forX: Grid; forWeight: Grid };
}

function multiplied(a: Value, b: Value): Value {
  return singleNode({
    operator: 'Mul',
    inputs: [a, b],
    type: a.type,
    shape: a.shape,
    gradient: (g) => [multiplied(g!, b), multiplied(g!, a)],
  });
}

test("every form gives what onnxruntime's convolution gives, and all forms have the same gradients", async (t) => {
  await fc.assert(
    fc.asyncProperty(shapes, async (shape) => {
      const { inputs, outputs, size, kernel } = shape;
      const x = sample([size ** 3, batch, inputs], 'real', 1);
      const weight = sample([kernel ** 3, inputs, outputs], 'real', 2);
      const cube = channelsFirst(x, inputs, size);
      const kernels = textbookWeight(weight, shape);
      const xIn = input('x', 'float32', cube.shape);
      const weightIn = input('weight', 'float32', kernels.shape);
      const feeds = { x: cube, weight: kernels };
      const expected = (await evaluate({ x: xIn, weight: weightIn }, { y: textbook(shape, xIn, weightIn) }, feeds)).y;
      let first: { forX: Grid; forWeight: Grid } | undefined;
      for (const form of costs(mapOf(shape)).keys()) {
        const { y, forX, forWeight } = await lowered(shape, form, x, weight);
        // The reference sums up to 108 products in float32.
        assertClose(channelsFirst(y, outputs, outSize(shape)).data, expected.data, relative(1e-5), form);
        first ??= { forX, forWeight };
        // Float64 sums in another order.
        assertClose(forX.data, first.forX.data, relative(1e-12), `${form} for x`);
        assertClose(forWeight.data, first.forWeight.data, relative(1e-12), `${form} for weight`);
      }
    }),
    { numRuns: 40, seed: 7 },
  );
  t.pass();
});
