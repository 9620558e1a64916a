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
}

/** Adam (Kingma and Ba, ICLR 2015, algorithm 1, in the order of its section 2 remark: bias correction in the step size). */
export function adam({ beta1 = 0.9, beta2 = 0.999 }: AdamOptions = {}): Optimiser {
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
        parameters[i] -= (stepSize * first[i]) / (Math.sqrt(second[i]) + floor);
      }
    },
  };
}
