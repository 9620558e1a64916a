/**
 * Operators on numbers of eight bits. A quantised value q stands for (q − zero point)·scale. None is differentiated: a
 * network is quantised after it was trained.
 *
 * Products are of uint8 with int8 (U8S8), for which a CPU with VNNI has one instruction. Without it, onnxruntime's kernels add
 * pairs of products in 16 bits, which may saturate; with the session option `session.x64quantprecision` = "1" it turns the
 * int8 weights of the operators here into uint8, whose sums are exact: so every CPU gives the same. (With VNNI the option is
 * obeyed too, and costs half of the speed.)
 */
import { constant, type DataType, type Dim, describe, GraphError, node, singleNode, type Value } from './value.js';

const quantisedTypes: readonly DataType[] = ['uint8', 'int8', 'float8e4m3fn'];

/** Of a quantised type: one for the whole value, or [n] for the n positions of its last axis. */
export interface Grid {
  readonly scale: Value;
  /** Of the quantised type, as many as scales. */
  readonly zeroPoint: Value;
}

/** x / scale + zero point, rounded to the nearest number of the zero point's type (ties to even), saturated. */
export function quantize(x: Value, grid: Grid): Value {
  requireType('QuantizeLinear', x, 'float32');
  requireGrid('QuantizeLinear', x, grid);
  return singleNode({
    operator: 'QuantizeLinear',
    attributes: axisOf(x, grid),
    inputs: [x, grid.scale, grid.zeroPoint],
    type: grid.zeroPoint.type,
    shape: x.shape,
  });
}

function axisOf(x: Value, { scale }: Grid): Record<string, number> {
  return scale.shape.length === 0 ? {} : { axis: x.shape.length - 1 };
}

function requireGrid(operator: string, x: Value, { scale, zeroPoint }: Grid): void {
  requireType(operator, scale, 'float32');
  if (!quantisedTypes.includes(zeroPoint.type))
    throw new GraphError(`${operator}: expected a zero point of a quantised type, got ${describe(zeroPoint)}`);
  if (`${scale.shape}` !== `${zeroPoint.shape}`)
    throw new GraphError(`${operator}: ${describe(scale)} and ${describe(zeroPoint)} differ in shape`);
  const isScalar = scale.shape.length === 0;
  if (!isScalar && (scale.shape.length !== 1 || scale.shape[0] !== x.shape.at(-1)))
    throw new GraphError(`${operator}: ${describe(scale)} does not fit the last axis of ${describe(x)}`);
}

export interface QuantisedProduct {
  /** uint8 [m, k] */
  readonly a: Value;
  /** int8 [k, n] */
  readonly b: Value;
  /** float32 [n] */
  readonly scale: Value;
  readonly aZeroPoint: Value;
}

/**
 * (a − zero point)·b·scale + bias·scale: int32 sums, `bias` int32 [n] in their units. As uint8 the result is rounded and
 * saturated at 0, which is a ReLU, and at 255; else float32. (`QGemm` of onnxruntime.)
 */
export function quantisedGemm(product: QuantisedProduct, bias: Value, type: 'uint8' | 'float32'): Value {
  const { a, b, scale, aZeroPoint } = product;
  const [rows, columns] = productShape('QGemm', product);
  requireType('QGemm', aZeroPoint, 'uint8');
  requireType('QGemm', bias, 'int32');
  requireColumns('QGemm', bias, columns);
  const one = constant(Float32Array.of(1), []);
  const output = type === 'uint8' ? [one, constant(Uint8Array.of(0), [])] : [];
  return singleNode({
    operator: 'QGemm',
    domain: 'com.microsoft',
    inputs: [a, one, aZeroPoint, b, scale, zeros(columns), bias, ...output],
    type,
    shape: [rows, columns],
  });
}

/** The scale (one float32) and zero point that suit the extremes of x, 0 among them, and x in uint8. */
export function dynamicQuantize(x: Value): { values: Value; grid: Grid } {
  requireType('DynamicQuantizeLinear', x, 'float32');
  const [values, scale, zeroPoint] = node({
    operator: 'DynamicQuantizeLinear',
    inputs: [x],
    outputs: [
      { type: 'uint8', shape: x.shape },
      { type: 'float32', shape: [] },
      { type: 'uint8', shape: [] },
    ],
  });
  return { values, grid: { scale, zeroPoint } };
}

/** (a − zero point)·b·scale·aScale + bias, all of them float32 but a and b; bias [n]. (`MatMulIntegerToFloat` of onnxruntime.) */
export function dequantisedMatmul(product: QuantisedProduct, aScale: Value, bias: Value): Value {
  const { a, b, scale, aZeroPoint } = product;
  const [rows, columns] = productShape('MatMulIntegerToFloat', product);
  for (const value of [aScale, bias]) requireType('MatMulIntegerToFloat', value, 'float32');
  requireType('MatMulIntegerToFloat', aZeroPoint, 'uint8');
  requireColumns('MatMulIntegerToFloat', bias, columns);
  return singleNode({
    operator: 'MatMulIntegerToFloat',
    domain: 'com.microsoft',
    inputs: [a, b, aScale, scale, aZeroPoint, zeros(columns), bias],
    type: 'float32',
    shape: [rows, columns],
  });
}

/** Rows and columns of the product. */
function productShape(operator: string, { a, b, scale }: QuantisedProduct): [rows: Dim, columns: number] {
  requireType(operator, a, 'uint8');
  requireType(operator, b, 'int8');
  requireType(operator, scale, 'float32');
  const [inner, columns] = b.shape;
  if (a.shape.length !== 2 || b.shape.length !== 2 || a.shape[1] !== inner || typeof columns !== 'number')
    throw new GraphError(`${operator}: ${describe(a)} and ${describe(b)} do not fit as [m, k] and [k, n]`);
  requireColumns(operator, scale, columns);
  return [a.shape[0], columns];
}

function requireColumns(operator: string, value: Value, columns: number): void {
  if (`${value.shape}` !== `${columns}`)
    throw new GraphError(`${operator}: expected [${columns}], got ${describe(value)}`);
}

function requireType(operator: string, value: Value, type: DataType): void {
  if (value.type !== type) throw new GraphError(`${operator}: expected ${type}, got ${describe(value)}`);
}

/** The zero point of weights: one for each column, as there are scales. */
function zeros(columns: number): Value {
  return constant(new Int8Array(columns), [columns]);
}
