import test from 'ava';
import { adam } from '../../src/models/optimiser.js';
import { random } from '../../src/models/random.js';
import { assertClose } from '../close.js';

const length = 7;
const steps = 20;

/** Kingma and Ba, algorithm 1, line by line, in float64. */
function algorithm1(start: Float32Array, gradientsOf: (step: number) => Float32Array, rate: number): Float64Array {
  const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
  const theta = Float64Array.from(start);
  const m = new Float64Array(length);
  const v = new Float64Array(length);
  for (let t = 1; t <= steps; t++)
    for (const [i, g] of gradientsOf(t).entries()) {
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      const mHat = m[i] / (1 - beta1 ** t);
      const vHat = v[i] / (1 - beta2 ** t);
      theta[i] -= (rate * mHat) / (Math.sqrt(vHat) + epsilon);
    }
  return theta;
}

const draw = (key: number) => {
  const source = random(5, key);
  return Float32Array.from({ length }, () => source.normal());
};

function run(start: Float32Array, gradientsOf: (step: number) => Float32Array, rate: number): Float32Array {
  const parameters = start.slice();
  const optimiser = adam();
  const state = optimiser.init(length);
  for (let step = 1; step <= steps; step++) optimiser.update(parameters, gradientsOf(step), state, rate);
  return parameters;
}

// Of sizes 1e-12 to 1e6: at the small end epsilon counts.
const scales = Float32Array.of(1e-12, 1e-9, 1e-8, 1e-4, 1, 1e3, 1e6);
const gradientsOf = (step: number) => draw(step).map((g, i) => g * scales[i]);

test('20 steps of Adam are those of algorithm 1', (t) => {
  const start = draw(0);
  const rate = 0.01;
  // Parameters and moments are rounded to float32 at each step: 6e-8 of the parameter and of the step, 20 times.
  const tolerance = (value: number) => steps * 6e-8 * (Math.abs(value) + 3 * rate);
  assertClose(run(start, gradientsOf, rate), algorithm1(start, gradientsOf, rate), tolerance, 'parameters');
  t.pass();
});

test('the first step has the size of the learning rate, against the gradient', (t) => {
  const parameters = new Float32Array(2);
  const optimiser = adam();
  optimiser.update(parameters, Float32Array.of(3, -1e-3), optimiser.init(2), 0.5);
  // Epsilon is 1e-8 of a gradient of 1e-3 at most: 1e-5.
  assertClose(parameters, [-0.5, 0.5], () => 1e-5, 'step');
  t.pass();
});

test('no gradient, no step', (t) => {
  const parameters = draw(0);
  const before = parameters.slice();
  const optimiser = adam();
  const state = optimiser.init(length);
  optimiser.update(parameters, new Float32Array(length), state, 0.1);
  t.deepEqual(parameters, before);
  t.is(state.step, 1);
});

test('a state saved and restored goes on bit for bit', (t) => {
  const whole = run(draw(0), gradientsOf, 0.01);
  const parameters = draw(0);
  let state = adam().init(length);
  for (let step = 1; step <= steps; step++) {
    adam().update(parameters, gradientsOf(step), state, 0.01);
    state = { step: state.step, moments: state.moments.map((moment) => moment.slice()) };
  }
  t.deepEqual(parameters, whole);
});
