import test from 'ava';
import {
  add,
  allgather,
  build,
  cast,
  decodeModel,
  exp,
  GraphError,
  type GraphInterface,
  gradient,
  greater,
  input,
  matmul,
  multiply,
  reduceSum,
  relu,
  type Stage,
  scalar,
  sort,
  square,
  stages,
  type Value,
} from '../../src/onnx/index.js';
import { assertClose, relative } from '../close.js';
import { evaluate, type Feeds } from './evaluate.js';
import { fill, type Grid, sample } from './grid.js';

type Feed = Record<string, Grid>;

/** All ranks' graphs, stage by stage, in one process: between stages every rank gets the rows of all, or their sum. */
async function runRanks(graphs: readonly GraphInterface[], feeds: readonly Feeds[]): Promise<Feed[]> {
  const plans = graphs.map(stages);
  const known: Feed[] = feeds.map((feed) => ({ ...feed }));
  for (const [index] of plans[0].entries()) {
    for (const [rank, plan] of plans.entries()) {
      const { inputs, outputs } = plan[index];
      const own = Object.fromEntries(Object.keys(inputs).map((name) => [name, known[rank][name]]));
      Object.assign(known[rank], await evaluate(inputs, outputs, own));
    }
    plans[0][index].outside.forEach((_, i) => {
      join(plans, known, index, i);
    });
  }
  return known;
}

function join(plans: readonly Stage[][], known: readonly Feed[], index: number, i: number): void {
  const parts = plans.map((plan, rank) => known[rank][plan[index].outside[i].input]);
  const joined = plans[0][index].outside[i].operator === 'AllReduce' ? sumGrids(parts) : concatenate(parts);
  for (const [rank, plan] of plans.entries()) known[rank][plan[index].outside[i].output] = joined;
}

function concatenate(parts: readonly Grid[]): Grid {
  const rows = parts.reduce((sum, part) => sum + part.shape[0], 0);
  return { shape: parts[0].shape.with(0, rows), data: parts.flatMap((part) => part.data) };
}

function sumGrids(parts: readonly Grid[]): Grid {
  return {
    shape: parts[0].shape,
    data: parts[0].data.map((_, i) => parts.reduce((sum, { data }) => sum + data[i], 0)),
  };
}

const features = 3;
const hidden = 4;

/** A loss with a part of this rank's rows and its share of a part of all rows, and the gradient of the weights before. */
function graphOf(rowsByRank: readonly number[], rank: number): GraphInterface {
  const x = input('x', 'float64', [rowsByRank[rank], features]);
  const first = input('first', 'float64', [features, hidden]);
  const second = input('second', 'float64', [hidden, features]);
  const latent = relu(matmul(x, first));
  const local = reduceSum(square(matmul(latent, second)), [0, 1]);
  const all = allgather(latent, rowsByRank, rank);
  const shared = reduceSum(
    exp(multiply(sort(matmul(second, all, { transposeA: true, transposeB: true })), scalar(0.1, 'float64'))),
    [0, 1],
  );
  const share = (2 * (rank + 1)) / (rowsByRank.length * (rowsByRank.length + 1));
  const ofRank = multiply(shared, scalar(share, 'float64'));
  const [forFirst] = gradient(add(local, ofRank), [first]);
  return { inputs: { x, first, second }, outputs: { local, shared: ofRank, forFirst } };
}

const weights = { first: sample([features, hidden], 'real', 1), second: sample([hidden, features], 'real', 2) };
const everyRow = sample([6, features], 'real', 3);

function rowsOf(rowsByRank: readonly number[], rank: number): Grid {
  const start = rowsByRank.slice(0, rank).reduce((sum, rows) => sum + rows, 0);
  return fill([rowsByRank[rank], features], ([row, i]) => everyRow.data[(start + row) * features + i]);
}

async function simulate(rowsByRank: readonly number[]): Promise<Feed[]> {
  const graphs = rowsByRank.map((_, rank) => graphOf(rowsByRank, rank));
  return runRanks(
    graphs,
    rowsByRank.map((_, rank) => ({ ...weights, x: rowsOf(rowsByRank, rank) })),
  );
}

const sumOf = (results: readonly Feed[], name: string) =>
  results[0][name].data.map((_, i) => results.reduce((sum, result) => sum + result[name].data[i], 0));

for (const rowsByRank of [
  [3, 3],
  [2, 1, 3],
  [1, 1, 1, 1, 1, 1],
  [4, 0, 2],
])
  test(`ranks with ${rowsByRank} rows agree with one rank with all rows`, async (t) => {
    const [whole] = await simulate([6]);
    const results = await simulate(rowsByRank);
    // float64: only the order of some tens of additions differs.
    const tolerance = relative(1e-13);
    assertClose(sumOf(results, 'local'), whole.local.data, tolerance, 'sum of the local losses');
    assertClose(sumOf(results, 'forFirst'), whole.forFirst.data, tolerance, 'sum of the gradients');
    assertClose(sumOf(results, 'shared'), whole.shared.data, tolerance, 'sum of the shares');
    t.pass();
  });

test('one rank needs no second stage', (t) => {
  const [only, ...rest] = stages(graphOf([6], 0));
  t.is(rest.length, 0);
  t.deepEqual(only.outside, []);
});

test('no node is computed in two stages, no stage holds a collective', (t) => {
  const graph = graphOf([2, 4], 0);
  const operators = (part: GraphInterface) => decodeModel(build(part, { name: '' })).graph.node.map((n) => n.opType);
  const plan = stages(graph);
  const parts = plan.map((stage) => operators(stage).filter((name) => name !== 'Identity'));
  t.is(plan.length, 3);
  t.false(parts.flat().includes('AllGather'));
  t.is(parts.flat().filter((name) => name === 'TopK').length, 1);
  t.is(parts.flat().filter((name) => name === 'Relu').length, 1);
});

test('what only a later stage reads is made there, unless more would be handed on', (t) => {
  const x = input('x', 'float32', [2, 8]);
  const hidden = relu(x);
  const all = allgather(reduceSum(hidden, [1]), [2, 2], 0);
  const mask = cast(greater(hidden, scalar(0, 'float32')), 'float32');
  const narrow = reduceSum(square(hidden), [1]);
  const later = add(reduceSum(multiply(multiply(hidden, reduceSum(all, [0])), mask), [1]), narrow);
  const [first, second] = stages({ inputs: { x }, outputs: { later } });
  const operators = (stage: Stage) => decodeModel(build(stage, { name: '' })).graph.node.map((n) => n.opType);
  // The mask is as large as the activation, which is needed later anyway; the sums are smaller than the squares.
  t.deepEqual(operators(first).sort(), ['Mul', 'ReduceSum', 'ReduceSum', 'Relu']);
  t.true(['Greater', 'Cast'].every((name) => operators(second).includes(name)));
  t.true(Object.values(first.outputs).includes(hidden));
});

test('every stage is fed by the one before and the inputs', (t) => {
  const graph = graphOf([2, 4], 1);
  const known = new Set(Object.keys(graph.inputs));
  for (const stage of stages(graph)) {
    for (const name of Object.keys(stage.inputs)) t.true(known.has(name), `${name} is not known yet`);
    for (const name of Object.keys(stage.outputs)) known.add(name);
    for (const { input: from, output } of stage.outside) {
      t.true(known.has(from), `${from} is gathered before it is known`);
      known.add(output);
    }
  }
  for (const name of Object.keys(graph.outputs)) t.true(known.has(name));
});

test('inputs may be gathered, gathered rows may be outputs, and gathers may follow one another', async (t) => {
  const graph = (rank: number): GraphInterface => {
    const x = input('x', 'float64', [1, 2]);
    const all = allgather(x, [1, 1], rank);
    const total = reduceSum(all, [0]);
    return { inputs: { x }, outputs: { x2: x, all, again: allgather(multiply(x, total), [1, 1], rank) } };
  };
  const feeds = [{ x: { shape: [1, 2], data: [1, 2] } }, { x: { shape: [1, 2], data: [3, 4] } }];
  const results = await runRanks([graph(0), graph(1)], feeds);
  for (const [rank, result] of results.entries()) {
    t.deepEqual(result.x2, feeds[rank].x);
    t.deepEqual(result.all, { shape: [2, 2], data: [1, 2, 3, 4] });
    t.deepEqual(result.again, { shape: [2, 2], data: [4, 12, 12, 24] });
  }
});

test('a rank with another number of rows than was told is refused', (t) => {
  const x: Value = input('x', 'float32', [3, 2]);
  t.throws(() => allgather(x, [2, 4], 1), {
    instanceOf: GraphError,
    message: 'allgather: rank 1 has 3 rows, expected 4',
  });
});
