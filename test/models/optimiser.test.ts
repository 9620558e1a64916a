import test from 'ava';
import { adam, clipByNorm } from '../../src/models/optimiser.js';
import { random } from '../../src/models/random.js';
import { assertClose } from '../close.js';
import { emptyState } from './empty-state.js';

const length = 7;
const steps = 20;
const rates = { learningRate: 0.01, epsilon: 1e-8 };

/** Kingma and Ba, algorithm 1, line by line, in float64. */
function algorithm1(start: Float32Array, gradientsOf: (step: number) => Float32Array, weightDecay = 0): Float64Array {
  const [beta1, beta2] = [0.9, 0.999];
  const theta = Float64Array.from(start);
  const m = new Float64Array(length);
  const v = new Float64Array(length);
  for (let t = 1; t <= steps; t++)
    for (const [i, g] of gradientsOf(t).entries()) {
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      const mHat = m[i] / (1 - beta1 ** t);
      const vHat = v[i] / (1 - beta2 ** t);
      // With weight decay: Loshchilov and Hutter, algorithm 2, line 12.
      theta[i] -= rates.learningRate * (mHat / (Math.sqrt(vHat) + rates.epsilon) + weightDecay * theta[i]);
    }
  return theta;
}

const draw = (key: number) => {
  const source = random(5, key);
  return Float32Array.from({ length }, () => source.normal());
};

function run(start: Float32Array, gradientsOf: (step: number) => Float32Array, weightDecay = 0): Float32Array {
  const parameters = start.slice();
  const optimiser = adam({ weightDecay });
  const state = emptyState(length);
  for (let step = 1; step <= steps; step++) optimiser.update(parameters, gradientsOf(step), state, rates);
  return parameters;
}

// Of sizes 1e-12 to 1e6: at the small end epsilon counts.
const scales = Float32Array.of(1e-12, 1e-9, 1e-8, 1e-4, 1, 1e3, 1e6);
const gradientsOf = (step: number) => draw(step).map((g, i) => g * scales[i]);

for (const weightDecay of [0, 0.3])
  test(`20 steps of Adam are those of algorithm 1, weight decay ${weightDecay}`, (t) => {
    const start = draw(0);
    // Parameters and moments are rounded to float32 at each step: 6e-8 of the parameter and of the step, 20 times.
    const tolerance = (value: number) => steps * 6e-8 * (Math.abs(value) + 3 * rates.learningRate);
    assertClose(
      run(start, gradientsOf, weightDecay),
      algorithm1(start, gradientsOf, weightDecay),
      tolerance,
      'parameters',
    );
    t.pass();
  });

test('the first step has the size of the learning rate, against the gradient', (t) => {
  const parameters = new Float32Array(2);
  const optimiser = adam();
  optimiser.update(parameters, Float32Array.of(3, -1e-3), emptyState(2), { learningRate: 0.5, epsilon: 1e-8 });
  // Epsilon is 1e-8 of a gradient of 1e-3 at most: 1e-5.
  assertClose(parameters, [-0.5, 0.5], () => 1e-5, 'step');
  t.pass();
});

test('no gradient, no step', (t) => {
  const parameters = draw(0);
  const before = parameters.slice();
  const optimiser = adam();
  const state = emptyState(length);
  optimiser.update(parameters, new Float32Array(length), state, rates);
  t.deepEqual(parameters, before);
  t.is(state.step, 1);
});

test('a state saved and restored goes on bit for bit', (t) => {
  const whole = run(draw(0), gradientsOf);
  const parameters = draw(0);
  let state = emptyState(length);
  for (let step = 1; step <= steps; step++) {
    adam().update(parameters, gradientsOf(step), state, rates);
    state = { step: state.step, moments: state.moments.map((moment) => moment.slice()) };
  }
  t.deepEqual(parameters, whole);
});

test('gradients well below epsilon move their parameter little', (t) => {
  const parameters = new Float32Array(2);
  adam().update(parameters, Float32Array.of(1e-4, 1), emptyState(2), { learningRate: 1, epsilon: 1e-2 });
  // g / (g + ε), in float32.
  assertClose(parameters, [-1e-4 / 1.01e-2, -1 / 1.01], () => 1e-6, 'step');
  t.pass();
});

test('what follows the gradients in their array is left alone', (t) => {
  const gradients = Float32Array.of(1, 2, Number.NaN);
  const parameters = new Float32Array(2);
  const state = emptyState(2);
  adam().update(parameters, gradients, state, rates);
  t.true(parameters.every((value) => value < 0));
  t.true(state.moments.every((moment) => moment.every(Number.isFinite)));
});

test('a gradient is clipped to a norm, a shorter one and what follows it are left alone', (t) => {
  const gradients = Float32Array.of(3, 4, 100);
  clipByNorm(gradients, 2, 10);
  t.deepEqual([...gradients], [3, 4, 100]);
  clipByNorm(gradients, 2, 1);
  assertClose(gradients, [0.6, 0.8, 100], () => 1e-7, 'clipped');
});
