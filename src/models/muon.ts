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
import { type AdamOptions, adamStep, type Optimiser } from './optimiser.js';
import type { ParameterLayout } from './parameters.js';

/** Rows and columns of a matrix. */
export type MatrixShape = readonly [rows: number, columns: number];

/** Row by row. */
export interface Matrix {
  readonly values: Float32Array;
  readonly shape: MatrixShape;
}

/** Gives for each matrix that of `orthogonaliseGraph`, of the same shape. */
export type Orthogonalise = (matrices: readonly Matrix[]) => Promise<readonly Float32Array[]>;

const momentum = 0.95;

/** Matrices by Muon with Nesterov's momentum; biases, scales and shifts by Adam. */
export function muon({ entries }: ParameterLayout, orthogonalise: Orthogonalise, options: AdamOptions = {}): Optimiser {
  const trained = entries.filter((entry) => entry.trained);
  const { weightDecay = 0 } = options;
  const matrices = trained
    .filter(({ shape }) => shape.length > 1)
    .map(({ shape, offset, length }) => ({ shape: matrixShape(shape), offset, values: new Float32Array(length) }));
  return {
    async update(parameters, gradients, state, rates) {
      state.step += 1;
      for (const { shape, offset, length } of trained)
        if (shape.length === 1)
          adamStep(parameters, gradients, state, { start: offset, end: offset + length }, rates, options);
      for (const { offset, values } of matrices) lookAhead(state.moments[0], gradients, offset, values);
      const directions = await orthogonalise(matrices);
      const kept = 1 - rates.learningRate * weightDecay;
      for (const [m, { shape, offset, values }] of matrices.entries()) {
        const stepSize = rates.learningRate * updateSize(shape);
        const direction = directions[m];
        for (let i = 0; i < values.length; i++)
          parameters[offset + i] = kept * parameters[offset + i] - stepSize * direction[i];
      }
    },
  };
}

/** Nesterov's momentum: moves the velocity at `offset` towards the gradient, and gives into `ahead` what it would be one step on. */
function lookAhead(velocity: Float32Array, gradients: Float32Array, offset: number, ahead: Float32Array): void {
  for (let i = 0; i < ahead.length; i++) {
    const gradient = gradients[offset + i];
    velocity[offset + i] += (1 - momentum) * (gradient - velocity[offset + i]);
    ahead[i] = velocity[offset + i] + (1 - momentum) * (gradient - velocity[offset + i]);
  }
}

/** The shapes that are orthogonalised, each once. */
export function matrixShapes({ entries }: ParameterLayout): MatrixShape[] {
  const shapes = entries.filter(({ shape }) => shape.length > 1).map(({ shape }) => matrixShape(shape));
  return [...new Map(shapes.map((shape) => [shape.join(), shape])).values()];
}

/** Multiplications and additions of `orthogonaliseGraph`. */
export function orthogonaliseCost([rows, columns]: MatrixShape): number {
  const [short, long] = [Math.min(rows, columns), Math.max(rows, columns)];
  return short ** 2 * (2 * long + 4 * iterations * short);
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
