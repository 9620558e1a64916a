import { createSession, type Resources, type TensorArray, tensor } from '../../../engines/onnx/session.js';
import { clockFor, subject } from '../../../engines/throughput.js';
import { build, constant, input, matmul, quantisedGemm, type Value } from '../../../onnx/index.js';
import { type OpenSubject, randomValues } from './setting.js';

/** Float8 is multiplied as float32. */
export const ceilingKinds = ['float32', 'int8'] as const;
export type CeilingKind = (typeof ceilingKinds)[number];

/** Rows and columns: of 256 to 2048 the fastest where it was tried, as all three matrices stay in the second-level cache. */
const size = 512;
const flops = 2 * size ** 3;

/** A product of square matrices in onnxruntime, the second one constant as weights are: what is counted are its operations. */
export async function openCeiling(kind: CeilingKind, resources: Resources): Promise<OpenSubject> {
  const { a, c, values } = kind === 'float32' ? floatProduct() : byteProduct();
  const session = await createSession(build({ inputs: { a }, outputs: { c } }, { name: 'ceiling' }), resources);
  const feeds = { a: tensor(values, [size, size]) };
  const results = { c: tensor(new Float32Array(size ** 2), [size, size]) };
  return {
    ...subject(flops, () => session.run(feeds, results), clockFor(resources.threads, resources.device)),
    release: () => session.release(),
  };
}

interface Product {
  readonly a: Value;
  readonly c: Value;
  readonly values: TensorArray;
}

function floatProduct(): Product {
  const a = input('a', 'float32', [size, size]);
  const b = constant(randomValues(size ** 2), [size, size]);
  return { a, c: matmul(a, b), values: randomValues(size ** 2) };
}

function byteProduct(): Product {
  const a = input('a', 'uint8', [size, size]);
  const b = constant(
    Int8Array.from(randomValues(size ** 2), (value) => 254 * value - 127),
    [size, size],
  );
  const scale = constant(new Float32Array(size).fill(1), [size]);
  const bias = constant(new Int32Array(size), [size]);
  const c = quantisedGemm({ a, b, scale, aZeroPoint: constant(Uint8Array.of(0), []) }, bias, 'float32');
  return { a, c, values: Uint8Array.from(randomValues(size ** 2), (value) => 255 * value) };
}
