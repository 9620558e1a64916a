import { adamUpdate } from './adam-kernel.js';

export const optimisers = ['muon', 'adam'] as const;

export interface Optimiser {
  /** One step, which changes parameters and state in place; the gradients may be followed by other values. */
  update(
    parameters: Float32Array,
    gradients: Float32Array,
    state: OptimiserState,
    rates: StepRates,
  ): void | Promise<void>;
}

export interface StepRates {
  readonly learningRate: number;
  /** Gradients well below it move their parameter little; Adam's ε. */
  readonly epsilon: number;
}

/** Two moments of each parameter, zeros before the first step. */
export interface OptimiserState {
  /** Steps taken. */
  step: number;
  readonly moments: readonly Float32Array<ArrayBuffer>[];
}

export interface AdamOptions {
  beta1?: number;
  beta2?: number;
  /** Decoupled weight decay λ (Loshchilov and Hutter, ICLR 2019, algorithm 2): each step takes learningRate·λ of the parameter off. */
  weightDecay?: number;
}

/** Adam (Kingma and Ba, ICLR 2015, algorithm 1, in the order of its section 2 remark: bias correction in the step size). */
export function adam(options: AdamOptions = {}): Optimiser {
  return {
    update(parameters, gradients, state, rates) {
      state.step += 1;
      adamStep(parameters, gradients, state, { start: 0, end: parameters.length }, rates, options);
    },
  };
}

/** Adam's step `state.step` (from 1) for the parameters from `start` to `end`. */
export function adamStep(
  parameters: Float32Array,
  gradients: Float32Array,
  { step, moments: [first, second] }: OptimiserState,
  { start, end }: { readonly start: number; readonly end: number },
  { learningRate, epsilon }: StepRates,
  { beta1 = 0.9, beta2 = 0.999, weightDecay = 0 }: AdamOptions,
): void {
  const correction = Math.sqrt(1 - beta2 ** step);
  const own = (array: Float32Array) => array.subarray(start, end);
  adamUpdate(
    { parameters: own(parameters), gradients: own(gradients), first: own(first), second: own(second) },
    {
      stepSize: (learningRate * correction) / (1 - beta1 ** step),
      floor: epsilon * correction,
      firstRate: 1 - beta1,
      secondRate: 1 - beta2,
      kept: 1 - learningRate * weightDecay,
    },
  );
}

/**
 * Scales the first `length` gradients so that their Euclidean norm is at most `maximum` (Pascanu et al., On the difficulty of
 * training recurrent neural networks, ICML 2013, algorithm 1); what follows them is left alone.
 */
export function clipByNorm(gradients: Float32Array, length: number, maximum: number): void {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += gradients[i] * gradients[i];
  const scale = maximum / Math.sqrt(sum);
  if (scale < 1) for (let i = 0; i < length; i++) gradients[i] *= scale;
}

/** Whether the first `length` values are all finite. */
export function allFinite(values: Float32Array, length: number): boolean {
  for (let i = 0; i < length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}
