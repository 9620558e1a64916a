import { matmul, relu, type Value } from '../onnx/index.js';
import type { Random } from './random.js';

export type Layer =
  | { readonly kind: 'linear'; readonly inputs: number; readonly outputs: number }
  | { readonly kind: 'relu' };

export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initial: (source: Random) => number;
}

/** The parameters of layers in order; names are `<prefix>.<layer index>.weight` and `.bias`. */
export function parametersOf(layers: readonly Layer[], prefix: string): ParameterSpec[] {
  return layers.flatMap((layer, index): ParameterSpec[] => {
    if (layer.kind === 'relu') return [];
    // He et al., Delving deep into rectifiers (ICCV 2015), eq. 10, as a uniform distribution: variance 2/fan-in.
    const bound = Math.sqrt(6 / layer.inputs);
    const name = `${prefix}.${index}`;
    return [
      {
        name: `${name}.weight`,
        shape: [layer.inputs, layer.outputs],
        initial: (source) => (2 * source.uniform() - 1) * bound,
      },
      { name: `${name}.bias`, shape: [layer.outputs], initial: () => 0 },
    ];
  });
}

/** Layers applied to x [batch, inputs]; `parameter` gives the value of a parameter by name. */
export function forward(layers: readonly Layer[], prefix: string, x: Value, parameter: (name: string) => Value): Value {
  return layers.reduce((value, layer, index) => {
    if (layer.kind === 'relu') return relu(value);
    return matmul(value, parameter(`${prefix}.${index}.weight`), {}, parameter(`${prefix}.${index}.bias`));
  }, x);
}

/** Floating-point operations for one block: two for each multiply-add; additions of biases are not counted. */
export function flopsOf(layers: readonly Layer[]): number {
  return layers.reduce((sum, layer) => sum + (layer.kind === 'linear' ? 2 * layer.inputs * layer.outputs : 0), 0);
}
