/**
 * What a linear model with as many latents does: a principal component analysis of the normalised training blocks, its error
 * on the parts that it has not seen: node build/bench/pca.js BLOCK_SIZE LATENTS INPUT… The split is that of `swae train`.
 */
import { splitDataset } from '../src/commands/train/dataset.js';
import { loadDataset } from '../src/commands/train/load.js';
import { connectSolo } from '../src/dist/solo.js';

const [blockSize, latentSize] = process.argv.slice(2, 4).map(Number);
const { dataset, fileCount } = await loadDataset(connectSolo(), {
  input: process.argv.slice(4),
  blockSize,
  normalisation: 'pos_log',
  maxBlocks: 2_000_000,
  seed: 42,
} as Parameters<typeof loadDataset>[1]);
const size = blockSize ** 3;
const split = splitDataset(dataset, 'block', fileCount, 42);
const row = (index: number) => dataset.values.subarray(index * size, (index + 1) * size);

const mean = new Float64Array(size);
for (const index of split.training)
  for (const [i, value] of row(index).entries()) mean[i] += value / split.training.length;
const components = leading(covariance(), latentSize);
for (const part of ['training', 'validation', 'test'] as const) {
  const error = meanError(split[part]);
  console.log(`${part}: error ${error.toExponential(3)}, PSNR ${(-10 * Math.log10(error)).toFixed(2)} dB`);
}

function covariance(): Float64Array {
  const sums = new Float64Array(size * size);
  const centered = new Float64Array(size);
  for (const index of split.training) {
    const values = row(index);
    for (let i = 0; i < size; i++) centered[i] = values[i] - mean[i];
    for (let i = 0; i < size; i++) for (let j = 0; j <= i; j++) sums[i * size + j] += centered[i] * centered[j];
  }
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) sums[j * size + i] = sums[i * size + j];
  return sums;
}

/** The eigenvectors of the largest eigenvalues, by orthogonal iteration (Golub and Van Loan, Matrix Computations, 8.2.4). */
function leading(matrix: Float64Array, count: number): Float64Array[] {
  // More vectors than wanted: then the wanted ones converge with the ratio to the first that is left out of all.
  let vectors = Array.from({ length: count + 16 }, (_, v) =>
    Float64Array.from({ length: size }, (_, i) => Math.sin(1 + i * (v + 1))),
  );
  for (let iteration = 0; iteration < 300; iteration++) {
    vectors = vectors.map((vector) =>
      Float64Array.from({ length: size }, (_, i) => {
        let sum = 0;
        for (let j = 0; j < size; j++) sum += matrix[i * size + j] * vector[j];
        return sum;
      }),
    );
    orthonormalise(vectors);
  }
  return vectors.slice(0, count);
}

/** Gram–Schmidt. */
function orthonormalise(vectors: readonly Float64Array[]): void {
  for (const [v, vector] of vectors.entries()) {
    for (const earlier of vectors.slice(0, v)) {
      const along = dot(vector, earlier);
      for (let i = 0; i < size; i++) vector[i] -= along * earlier[i];
    }
    const norm = Math.sqrt(dot(vector, vector));
    for (let i = 0; i < size; i++) vector[i] /= norm;
  }
}

/** Of what is left of the blocks without their components. */
function meanError(indices: Uint32Array): number {
  let sum = 0;
  const centered = new Float64Array(size);
  for (const index of indices) {
    const values = row(index);
    for (let i = 0; i < size; i++) centered[i] = values[i] - mean[i];
    sum += dot(centered, centered);
    for (const component of components) sum -= dot(centered, component) ** 2;
  }
  return sum / (indices.length * size);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
