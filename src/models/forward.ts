import { add, relu, reshape, transpose, type Value } from '../onnx/index.js';
import { type Layer, type LoweredLayer, lower } from './layers.js';
import { applyMap } from './lowering.js';
import { type Products, productsIn } from './products.js';

/** What a network needs besides its input. */
export interface Pass {
  /** A parameter by its name. */
  parameter(name: string): Value;
  /** Default: float32. */
  readonly products?: Products;
  /** What a layer with weights takes for its input x, channels or features last; default: x. `name`: of the layer. */
  input?(x: Value, name: string): Value;
  /** Of training; at inference it is folded away (see batch-norm.ts). `name`: of the layer, for its parameters. */
  batchNorm?(x: Value, name: string): Value;
}

/**
 * Layers applied to x [batch, features], giving [batch, features]. Between the layers of a grid, values are [positions,
 * batch, channels]: there every position has a matrix of its own, and no elements are moved from layer to layer.
 */
export function forward(layers: readonly Layer[], prefix: string, x: Value, pass: Pass): Value {
  const end = lower(layers).reduce((value, lowered, index) => apply(lowered, `${prefix}.${index}`, value, pass), x);
  return asFeatures(end);
}

function apply({ layer, map }: LoweredLayer, name: string, x: Value, pass: Pass): Value {
  if (layer.kind === 'relu') return relu(x);
  if (layer.kind === 'crop') return x;
  if (layer.kind === 'batch-norm') {
    if (!pass.batchNorm) throw new Error(`${name}: batch normalisation must be folded before inference`);
    return pass.batchNorm(x, name);
  }
  const products = pass.products ?? productsIn('float32');
  const weight = pass.parameter(`${name}.weight`);
  const bias = layer.bias ? pass.parameter(`${name}.bias`) : undefined;
  const taken = (value: Value) => pass.input?.(value, name) ?? value;
  if (!map) return products.matmul(taken(asFeatures(x)), weight, bias);
  const y = applyMap(map, taken(asGrid(x, map.inputPositions, layer.inputs)), weight, products);
  return bias ? add(y, bias) : y;
}

/** [batch, positions · channels] → [positions, batch, channels] */
function asGrid(x: Value, positions: number, channels: number): Value {
  if (x.shape.length === 3) return x;
  return transpose(reshape(x, [x.shape[0], positions, channels]), [1, 0, 2]);
}

/** [positions, batch, channels] → [batch, positions · channels] */
function asFeatures(x: Value): Value {
  if (x.shape.length === 2) return x;
  const [positions, batch, channels] = x.shape;
  return reshape(transpose(x, [1, 0, 2]), [batch, (positions as number) * (channels as number)]);
}
