import test from 'ava';
import { createSession } from '../../src/engines/onnx/session.js';
import {
  add,
  build,
  cast,
  constant,
  decodeModel,
  GraphError,
  input,
  matmul,
  multiply,
  reduceSum,
  scalar,
  sort,
  topologicalOrder,
  transpose,
} from '../../src/onnx/index.js';
import { evaluate } from './evaluate.js';

/** Built anew at each call: equal bytes must come from equal graphs, not from one graph. */
function example() {
  const x = input('x', 'float32', ['batch', 3]);
  const weight = constant(Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2]);
  const product = matmul(x, weight, { transposeB: false });
  const turned = transpose(add(product, scalar(0.5, 'float32')), [1, 0]);
  return { inputs: { x }, outputs: { turned, wide: cast(product, 'float64') } };
}

test('the same graph gives the same bytes', (t) => {
  const bytes = () => build(example(), { name: 'example', metadata: { seed: '42', made: 'here' } });
  t.deepEqual(bytes(), bytes());
  const other = build(example(), { name: 'example', metadata: { seed: '43', made: 'here' } });
  t.notDeepEqual(bytes(), other);
});

test('what is decoded is what was built', (t) => {
  const { graph, metadataProps } = decodeModel(build(example(), { name: 'example', metadata: { seed: '42' } }));
  t.is(graph.name, 'example');
  t.deepEqual(metadataProps, [{ key: 'seed', value: '42' }]);
  t.like(graph.input[0], { name: 'x', type: { tensorType: { elemType: 1 } } });
  t.like(graph.input[0].type.tensorType.shape.dim, [{ dimParam: 'batch' }, { dimValue: 3 }]);
  t.deepEqual(
    graph.output.map(({ name, type }) => [name, type.tensorType.elemType]),
    [
      ['turned', 1],
      ['wide', 11],
    ],
  );
  t.deepEqual(
    graph.node.map(({ opType }) => opType),
    ['Gemm', 'Add', 'Transpose', 'Cast'],
  );
  const [gemm, , turn, widen] = graph.node;
  t.deepEqual(
    gemm.attribute.map(({ name, i }) => [name, i]),
    [
      ['transA', 0],
      ['transB', 0],
    ],
  );
  t.deepEqual(turn.attribute[0].ints, [1, 0]);
  t.is(widen.attribute[0].i, 11);
  const weight = graph.initializer.find(({ name }) => name === gemm.input[1])!;
  t.deepEqual(weight.dims, [3, 2]);
  t.deepEqual(new Float32Array(Uint8Array.from(weight.rawData).buffer), Float32Array.of(1, 2, 3, 4, 5, 6));
});

test('a constant that is a view of a larger array is written without its surroundings', async (t) => {
  const flat = Float32Array.of(9, 1, 2, 9);
  const x = input('x', 'float32', [2]);
  const out = multiply(x, constant(flat.subarray(1, 3), [2]));
  t.deepEqual((await evaluate({ x }, { out }, { x: { shape: [2], data: [10, 10] } })).out.data, [10, 20]);
});

test('a value used twice is computed once', (t) => {
  const x = input('x', 'float32', [2]);
  const shared = multiply(x, x);
  const { graph } = decodeModel(build({ inputs: { x }, outputs: { a: add(shared, shared), b: shared } }, { name: '' }));
  t.is(graph.node.filter(({ opType }) => opType === 'Mul').length, 1);
});

test('what no output depends on is left out', (t) => {
  const x = input('x', 'float32', [2]);
  const unused = sort(x);
  const { graph } = decodeModel(build({ inputs: { x }, outputs: { out: add(x, x) } }, { name: '' }));
  t.truthy(unused);
  t.deepEqual(
    graph.node.map(({ opType }) => opType),
    ['Add'],
  );
});

test('a graph may start in the middle: what made a fed value is left out', async (t) => {
  const before = input('before', 'float64', [2]);
  const middle = sort(before);
  const out = reduceSum(middle, [0]);
  t.deepEqual((await evaluate({ middle }, { out }, { middle: { shape: [2], data: [1, 2] } })).out.data, [3]);
});

test('inputs and constants may be outputs', async (t) => {
  const x = input('x', 'float64', [2]);
  const seven = scalar(7, 'float64');
  const results = await evaluate({ x }, { same: x, seven }, { x: { shape: [2], data: [1, 2] } });
  t.deepEqual(results, { same: { shape: [2], data: [1, 2] }, seven: { shape: [], data: [7] } });
});

test('names of inputs and outputs may look like names that the builder gives', async (t) => {
  const first = input('Add_0', 'float64', []);
  const second = input('constant_0', 'float64', []);
  const sum = add(add(first, second), scalar(1, 'float64'));
  const feeds = { Add_0: { shape: [], data: [10] }, constant_0: { shape: [], data: [100] } };
  const results = await evaluate({ Add_0: first, constant_0: second }, { Add_1: sum, output_Add_1: sum }, feeds);
  t.deepEqual([results.Add_1.data, results.output_Add_1.data], [[111], [111]]);
});

test('onnxruntime refuses to be fed another shape than was declared', async (t) => {
  const x = input('x', 'float64', [2]);
  await t.throwsAsync(evaluate({ x }, { out: add(x, x) }, { x: { shape: [3], data: [1, 2, 3] } }), {
    message: /Got: 3 Expected: 2/,
  });
});

test('a chain deeper than the call stack', async (t) => {
  const x = input('x', 'float64', []);
  let out = x;
  for (let i = 0; i < 20_000; i++) out = add(out, x);
  t.is(topologicalOrder([out]).length, 20_000);
  t.is(decodeModel(build({ inputs: { x }, outputs: { out } }, { name: 'deep' })).graph.node.length, 20_000);
});

const x = input('x', 'float32', [2]);
const y = input('y', 'float32', [2]);
const errors: [title: string, make: () => unknown, message: string][] = [
  [
    'an input that is not declared',
    () => build({ inputs: { x }, outputs: { out: add(x, y) } }, { name: '' }),
    'build: input "y" is not declared',
  ],
  [
    'one name for an input and an output',
    () => build({ inputs: { x }, outputs: { x: add(x, x) } }, { name: '' }),
    'build: "x" is an input and an output',
  ],
  [
    'a constant of another length than its shape',
    () => constant(Float32Array.of(1, 2, 3), [2, 2]),
    'constant: shape [2,2] wants 4 values, got 3',
  ],
];
for (const [title, make, message] of errors)
  test(`refused: ${title}`, (t) => {
    t.throws(make, { instanceOf: GraphError, message });
  });

test('bytes that are no model are refused', async (t) => {
  t.throws(() => decodeModel(Uint8Array.of(0x3a, 0xff, 0xff, 0x01, 0x02)));
  await t.throwsAsync(createSession(Uint8Array.of(1, 2, 3), { threads: 1 }));
});
