/**
 * Muon (Jordan et al., Muon: an optimizer for hidden layers in neural networks, 2024): the momentum of a weight matrix is
 * replaced by the nearest matrix with equal singular values. The values of a block are highly correlated, so the gradients
 * of a few directions are thousands of times those of others, and the small ones hold the detail: Adam, which scales each
 * weight by itself, is slow to learn them.
 */
import {
  add,
  build,
  constant,
  divide,
  input,
  matmul,
  multiply,
  reduceSum,
  scalar,
  sqrt,
  square,
  transpose,
  type Value,
} from '../onnx/index.js';
import { type AdamOptions, adamStep, emptyState, type Optimiser } from './optimiser.js';
import type { ParameterLayout } from './parameters.js';

/** Rows and columns of a matrix. */
export type MatrixShape = readonly [rows: number, columns: number];

/** Gives the matrix of `orthogonaliseGraph`, of the same shape. */
export type Orthogonalise = (matrix: Float32Array, shape: MatrixShape) => Promise<Float32Array>;

const momentum = 0.95;

/** Matrices by Muon with Nesterov's momentum; biases, scales and shifts by Adam. */
export function muon({ entries }: ParameterLayout, orthogonalise: Orthogonalise, options: AdamOptions = {}): Optimiser {
  const trained = entries.filter((entry) => entry.trained);
  const { weightDecay = 0 } = options;
  const lookAhead = new Float32Array(Math.max(...trained.map(({ length }) => length)));
  return {
    init: emptyState,
    async update(parameters, gradients, state, rates) {
      state.step += 1;
      const [velocity] = state.moments;
      for (const { shape, offset, length } of trained) {
        const range = { start: offset, end: offset + length };
        if (shape.length === 1) {
          adamStep(parameters, gradients, state, range, rates, options);
          continue;
        }
        for (let i = range.start; i < range.end; i++) {
          velocity[i] += (1 - momentum) * (gradients[i] - velocity[i]);
          lookAhead[i - offset] = velocity[i] + (1 - momentum) * (gradients[i] - velocity[i]);
        }
        const matrix = matrixShape(shape);
        const direction = await orthogonalise(lookAhead.subarray(0, length), matrix);
        const stepSize = rates.learningRate * updateSize(matrix);
        const kept = 1 - rates.learningRate * weightDecay;
        for (let i = 0; i < length; i++)
          parameters[offset + i] = kept * parameters[offset + i] - stepSize * direction[i];
      }
    },
  };
}

/** The shapes that are orthogonalised, each once. */
export function matrixShapes({ entries }: ParameterLayout): MatrixShape[] {
  const shapes = entries.filter(({ shape }) => shape.length > 1).map(({ shape }) => matrixShape(shape));
  return [...new Map(shapes.map((shape) => [shape.join(), shape])).values()];
}

/** A kernel [taps, inputs, outputs] maps taps times inputs to outputs. */
function matrixShape(shape: readonly number[]): MatrixShape {
  const columns = shape[shape.length - 1];
  return [shape.reduce((product, size) => product * size, 1) / columns, columns];
}

/** Makes the root mean square of an update 0.2, like Adam's (Liu et al., Muon is scalable for LLM training, 2025, eq. 4). */
function updateSize([rows, columns]: MatrixShape): number {
  return 0.2 * Math.sqrt(Math.max(rows, columns));
}

/** Of the quintic; they bring singular values from above 1e-3 to between 0.68 and 1.2 in five iterations (Jordan et al.). */
const [a, b, c] = [3.4445, -4.775, 2.0315];
const iterations = 5;

/**
 * gradient [rows, columns] → orthogonal [rows, columns], U·Vᵀ of the singular value decomposition but for the singular values,
 * which are only near 1: Newton–Schulz iterations X ← (a + b·XXᵀ + c·(XXᵀ)²)·X from X = gradient / ‖gradient‖. All of them act on XXᵀ
 * of the shorter side alone, and X is multiplied once by what they make together.
 */
export function orthogonaliseGraph([rows, columns]: MatrixShape): Uint8Array {
  const gradient = input('gradient', 'float32', [rows, columns]);
  const flip = (x: Value) => (rows > columns ? transpose(x, [1, 0]) : x);
  const size = Math.min(rows, columns);
  const norm = sqrt(reduceSum(square(gradient), [0, 1]));
  const x = flip(divide(gradient, add(norm, scalar(1e-30, 'float32'))));
  const unit = constant(
    Float32Array.from({ length: size ** 2 }, (_, i) => Number(i % (size + 1) === 0)),
    [size, size],
  );
  let gram = matmul(x, x, { transposeB: true });
  let made: Value | undefined;
  for (let i = 0; i < iterations; i++) {
    const factor = add(add(times(unit, a), times(gram, b)), times(matmul(gram, gram), c));
    made = made ? matmul(factor, made) : factor;
    gram = matmul(factor, matmul(gram, factor));
  }
  return build({ inputs: { gradient }, outputs: { orthogonal: flip(matmul(made!, x)) } }, { name: 'orthogonalise' });
}

function times(x: Value, factor: number): Value {
  return multiply(x, scalar(factor, 'float32'));
}
