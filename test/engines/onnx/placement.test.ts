import test from 'ava';
import { profileNodes } from '../../../src/engines/onnx/placement.js';
import { build, input, matmul, reduceMax, sqrt } from '../../../src/onnx/index.js';

const cpu = { threads: 1, device: { kind: 'cpu' } } as const;

test('every node of a graph is named, with what has run it', async (t) => {
  const x = input('x', 'float64', ['batch', 3]);
  const y = input('y', 'float64', [3, 3]);
  const graph = build({ inputs: { x, y }, outputs: { z: reduceMax(sqrt(matmul(x, y)), [1]) } }, { name: 'three' });
  const nodes = await profileNodes(graph, 5, cpu);
  // One after the other, so in this order, and once: the first run does not count.
  t.deepEqual(
    nodes.map(({ operator, provider }) => [operator, provider]),
    [
      ['Gemm', 'CPU'],
      ['Sqrt', 'CPU'],
      ['ReduceMax', 'CPU'],
    ],
  );
  t.true(nodes.every(({ microseconds }) => microseconds >= 0));
});
