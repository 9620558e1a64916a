/**
 * ONNX graphs written as ordinary code: an operator is a function from values to values, whose types and shapes are
 * checked at once. A value knows the node that made it, so a graph is nothing but its outputs.
 */

export const dataTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  float8e4m3fn: 17,
} as const;
/** Element types and their codes in `TensorProto.DataType` of onnx.proto. */
export type DataType = keyof typeof dataTypes;

/** A size, or the name of a size that is known when the graph runs ("batch"). */
export type Dim = number | string;
export type Shape = readonly Dim[];

export type TensorData = Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array | Int8Array;

export interface Value {
  readonly type: DataType;
  readonly shape: Shape;
  /** Where it comes from: fed when the graph runs, fixed in the graph, or made by a node. */
  readonly source: Input | Constant | Output;
}
export interface Input {
  readonly kind: 'input';
  readonly name: string;
}
export interface Constant {
  readonly kind: 'constant';
  readonly data: TensorData;
}
export interface Output {
  readonly kind: 'output';
  readonly node: Node;
  readonly index: number;
}

export type Attribute = number | string | readonly number[];

/**
 * From the gradients of a node's outputs (undefined where nothing flows back) to the gradients of its inputs (undefined
 * where there is none: indices, conditions, values that are not differentiable).
 */
export type GradientRule = (...outputs: readonly (Value | undefined)[]) => readonly (Value | undefined)[];

export interface Node {
  readonly operator: string;
  readonly domain: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly gradient: GradientRule | undefined;
}

export class GraphError extends Error {
  override readonly name = 'GraphError';
}

export function describe(value: Value): string {
  return `${value.type}[${value.shape.join(', ')}]`;
}

export function input(name: string, type: DataType, shape: Shape): Value {
  return { type, shape, source: { kind: 'input', name } };
}

export function constant(data: TensorData, shape: readonly number[], type: DataType = typeOf(data)): Value {
  const length = shape.reduce((product, dim) => product * dim, 1);
  if (length !== data.length)
    throw new GraphError(`constant: shape [${shape}] wants ${length} values, got ${data.length}`);
  return { type, shape, source: { kind: 'constant', data } };
}

export function scalar(value: number, type: DataType): Value {
  const data = {
    float32: Float32Array,
    float64: Float64Array,
    int32: Int32Array,
    uint8: Uint8Array,
    bool: Uint8Array,
    int8: Int8Array,
    int64: undefined,
    float16: undefined,
    float8e4m3fn: undefined,
  }[type];
  if (type === 'float16' || type === 'float8e4m3fn')
    throw new GraphError(`scalar: JavaScript has no ${type}; cast a float32`);
  return constant(data === undefined ? BigInt64Array.of(BigInt(value)) : data.of(value), [], type);
}

export function int64s(values: readonly number[]): Value {
  return constant(BigInt64Array.from(values, BigInt), [values.length]);
}

function typeOf(data: TensorData): DataType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof BigInt64Array) return 'int64';
  if (data instanceof Int32Array) return 'int32';
  return data instanceof Int8Array ? 'int8' : 'uint8';
}

export interface NodeOptions {
  operator: string;
  domain?: string;
  attributes?: Record<string, Attribute>;
  inputs: readonly Value[];
  outputs: readonly { type: DataType; shape: Shape }[];
  gradient?: GradientRule;
}

/** The values that a new node puts out. */
export function node({ operator, domain = '', attributes = {}, inputs, outputs, gradient }: NodeOptions): Value[] {
  const values: Value[] = [];
  const made: Node = { operator, domain, attributes, inputs, outputs: values, gradient };
  for (const [index, { type, shape }] of outputs.entries())
    values.push({ type, shape, source: { kind: 'output', node: made, index } });
  return values;
}

/** For the many nodes with one output. */
export function singleNode(options: Omit<NodeOptions, 'outputs'> & { type: DataType; shape: Shape }): Value {
  return node({ ...options, outputs: [{ type: options.type, shape: options.shape }] })[0];
}

export function isFloat({ type }: Value): boolean {
  return type === 'float16' || type === 'float32' || type === 'float64';
}

export function requireFloat(operator: string, ...values: readonly Value[]): void {
  for (const value of values)
    if (!isFloat(value)) throw new GraphError(`${operator}: expected a float type, got ${describe(value)}`);
}

export function requireSameType(operator: string, ...values: readonly Value[]): void {
  for (const value of values)
    if (value.type !== values[0].type)
      throw new GraphError(`${operator}: expected one type, got ${values.map(describe).join(' and ')}`);
}

/** The position from the front of an axis that may be counted from the back. */
export function resolveAxis(operator: string, axis: number, shape: Shape): number {
  const resolved = axis < 0 ? axis + shape.length : axis;
  if (resolved < 0 || resolved >= shape.length)
    throw new GraphError(`${operator}: axis ${axis} is outside of shape [${shape.join(', ')}]`);
  return resolved;
}

export function fixedShape(operator: string, value: Value): number[] {
  return value.shape.map((dim) => {
    if (typeof dim === 'string') throw new GraphError(`${operator}: needs a fixed shape, got ${describe(value)}`);
    return dim;
  });
}
