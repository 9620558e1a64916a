/** An optimiser is a pair of functions: `init` makes its state, `update` changes parameters and state in place. */
export interface Optimiser {
  init(length: number): OptimiserState;
  /** One step; the gradients may be followed by other values. */
  update(parameters: Float32Array, gradients: Float32Array, state: OptimiserState, rates: StepRates): void;
}

export interface StepRates {
  readonly learningRate: number;
  /** Gradients well below it move their parameter little; Adam's ε. */
  readonly epsilon: number;
}

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
export function adam({ beta1 = 0.9, beta2 = 0.999, weightDecay = 0 }: AdamOptions = {}): Optimiser {
  return {
    init: (length) => ({ step: 0, moments: [new Float32Array(length), new Float32Array(length)] }),
    update(parameters, gradients, state, { learningRate, epsilon }) {
      const [first, second] = state.moments;
      state.step += 1;
      const correction = Math.sqrt(1 - beta2 ** state.step);
      const stepSize = (learningRate * correction) / (1 - beta1 ** state.step);
      const floor = epsilon * correction;
      for (let i = 0; i < parameters.length; i++) {
        const g = gradients[i];
        first[i] += (1 - beta1) * (g - first[i]);
        second[i] += (1 - beta2) * (g * g - second[i]);
        parameters[i] -=
          (stepSize * first[i]) / (Math.sqrt(second[i]) + floor) + learningRate * weightDecay * parameters[i];
      }
    },
  };
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
