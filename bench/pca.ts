/**
 * A model against a linear one with as many latents: the principal components of the normalised training blocks, and the errors
 * of both on each part of the split of `swae train`: node build/bench/pca.js MODEL INPUT…
 */
import { readModel, resolveModelPath } from '../src/commands/model-file.js';
import { formatTable } from '../src/commands/table.js';
import { splitDataset } from '../src/commands/train/dataset.js';
import { fetchRows } from '../src/commands/train/fetch-rows.js';
import { loadDataset } from '../src/commands/train/load.js';
import { connectSolo } from '../src/dist/solo.js';
import { createValidation } from '../src/engines/onnx/training.js';

const [path, ...inputs] = process.argv.slice(2);
const { model } = readModel(resolveModelPath(path));
const { blockSize, latentSize } = model.architecture;
const { dataset, fileCount } = await loadDataset(connectSolo(), {
  input: inputs,
  blockSize,
  normalisation: model.normalisation,
  maxBlocks: 2_000_000,
  seed: 42,
} as Parameters<typeof loadDataset>[1]);
const size = blockSize ** 3;
const split = splitDataset(dataset, 'block', fileCount, 42);
const normalised = fetchRows(
  connectSolo(),
  dataset,
  Uint32Array.from({ length: dataset.count }, (_, i) => i),
);
const row = (index: number) => normalised.subarray(index * size, (index + 1) * size);

const mean = new Float64Array(size);
for (const index of split.training)
  for (const [i, value] of row(index).entries()) mean[i] += value / split.training.length;
const components = leading(covariance(), latentSize);
const rowsPerRun = 512;
const validation = await createValidation(model, rowsPerRun, { threads: 1 });
validation.load();
for (const part of ['validation', 'test'] as const) {
  const [linear, network] = [linearErrors(split[part]), await networkErrors(split[part])];
  const gain = decibels(network) - decibels(linear);
  console.log(
    `${part}: PCA ${decibels(linear).toFixed(2)} dB, model ${decibels(network).toFixed(2)} dB, ${gain.toFixed(2)} dB more`,
  );
  if (part === 'test')
    console.log(formatTable(['variable', 'blocks', 'PCA', 'model'], byVariable(split[part], linear, network)));
}

function decibels(errors: Float64Array): number {
  return -10 * Math.log10(errors.reduce((sum, error) => sum + error, 0) / errors.length);
}

function byVariable(indices: Uint32Array, linear: Float64Array, network: Float64Array): string[][] {
  return dataset.variableNames.map((name, variable) => {
    const chosen = (_: number, i: number) => dataset.variableOf[indices[i]] === variable;
    const [a, b] = [linear.filter(chosen), network.filter(chosen)];
    return [name, String(a.length), `${decibels(a).toFixed(1)} dB`, `${decibels(b).toFixed(1)} dB`];
  });
}

async function networkErrors(indices: Uint32Array): Promise<Float64Array> {
  const errors = new Float64Array(indices.length);
  const values = new Float32Array(rowsPerRun * size);
  for (let start = 0; start < indices.length; start += rowsPerRun) {
    const chosen = indices.subarray(start, start + rowsPerRun);
    for (const [i, index] of chosen.entries()) values.set(row(index), i * size);
    errors.set((await validation.errors(values)).subarray(0, chosen.length), start);
  }
  return errors;
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

/** Of what is left of each block without its components. */
function linearErrors(indices: Uint32Array): Float64Array {
  const centered = new Float64Array(size);
  return Float64Array.from(indices, (index) => {
    const values = row(index);
    for (let i = 0; i < size; i++) centered[i] = values[i] - mean[i];
    const kept = components.reduce((sum, component) => sum + dot(centered, component) ** 2, 0);
    return (dot(centered, centered) - kept) / size;
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
