import { type Device, nameOf } from '../../engines/onnx/device.js';
import { isOf, type NodeRun, profileNodes } from '../../engines/onnx/placement.js';
import type { Resources } from '../../engines/onnx/session.js';
import { labelOf } from '../../models/architectures.js';
import { matrixShapes, orthogonaliseGraph } from '../../models/muon.js';
import { parameterLayout } from '../../models/parameters.js';
import type { InferencePrecision } from '../../models/quantise.js';
import { decoderGraph, encoderGraph, type Model, stepGraph } from '../../models/swae.js';
import { build, stages } from '../../onnx/index.js';
import { resolveArchitecture } from '../architecture-options.js';
import { quantisedOn } from '../bench/speed/coders.js';
import { initialModel, randomValues } from '../bench/speed/setting.js';
import type { Result } from '../command-module.js';
import { readModel, resolveModelPath } from '../model-file.js';
import { requireWhole, resolveResources } from '../options.js';
import { formatTable } from '../table.js';
import type { DevicesOptions } from './command.js';

/** Nodes of a graph by the provider that ran them. */
interface Placed {
  readonly graph: string;
  readonly provider: string;
  readonly nodes: number;
  /** Of the host time of the graph. */
  readonly share: number;
  /** How often each operator occurs. */
  readonly operators: Readonly<Record<string, number>>;
}

/** Runs what `compress` and `train` run of a network. Throws InputError where the device is not there. */
export async function describePlacement(options: DevicesOptions, asked: string): Promise<Result> {
  const { batchSize } = options;
  requireWhole('batch-size', batchSize, 1);
  const resources = resolveResources({ ...options, device: asked }, { localRank: 0, localSize: 1 });
  const model =
    options.modelPath === undefined
      ? initialModel(resolveArchitecture(options))
      : readModel(resolveModelPath(options.modelPath)).model;
  const placed: Placed[] = [];
  for (const [graph, bytes] of await graphsOf(model, options, resources))
    placed.push(...placementOf(graph, await profileNodes(bytes, batchSize, resources)));
  const { device } = resources;
  const elsewhere = placed.filter(({ provider }) => !isOf(device, provider));
  const title = `${labelOf(model.architecture)}, ${options.dtype} data, ${options.precision} networks on ${nameOf(device)}`;
  return {
    result: { device: nameOf(device), precision: options.precision, placed },
    lines: [title, '', formatPlaced(placed), '', ...describeElsewhere(device, elsewhere)],
  };
}

/** By name, in onnxruntime's format. */
async function graphsOf(
  model: Model,
  { dtype, precision, batchSize }: DevicesOptions,
  { threads }: Resources,
): Promise<[string, Uint8Array][]> {
  const { architecture } = model;
  const sample = randomValues(batchSize * architecture.blockSize ** 3);
  const coding: InferencePrecision = precision === 'mixed' ? 'float32' : precision;
  const quantised = await quantisedOn(model, sample, coding, threads);
  const coders: [string, Uint8Array][] = [
    ['encode', encoderGraph(model, dtype, 'pos_log', quantised)],
    ['decode', decoderGraph(model, dtype, quantised)],
  ];
  if (quantised) return coders;
  const [step] = stages(
    stepGraph(model, {
      loss: 'mse',
      divergenceWeight: 1e-4,
      projections: 50,
      rowsByRank: [batchSize],
      rank: 0,
      precision: precision === 'mixed' ? precision : 'float32',
    }),
  );
  const shapes = matrixShapes(parameterLayout(architecture));
  return [
    ...coders,
    ['training step', build(step, { name: 'step' })],
    ...shapes.map((shape): [string, Uint8Array] => [`Muon ${shape.join('×')}`, orthogonaliseGraph(shape)]),
  ];
}

function placementOf(graph: string, nodes: readonly NodeRun[]): Placed[] {
  const timeOf = (runs: readonly NodeRun[]) => runs.reduce((sum, { microseconds }) => sum + microseconds, 0);
  const total = Math.max(1, timeOf(nodes));
  return [...new Set(nodes.map(({ provider }) => provider))].sort().map((provider) => {
    const own = nodes.filter((node) => node.provider === provider);
    const operators: Record<string, number> = {};
    for (const { operator } of own) operators[operator] = (operators[operator] ?? 0) + 1;
    return { graph, provider, nodes: own.length, share: timeOf(own) / total, operators };
  });
}

function formatPlaced(placed: readonly Placed[]): string {
  return formatTable(
    ['graph', 'provider', 'nodes', 'host time'],
    placed.map(({ graph, provider, nodes, share }) => [
      graph,
      provider,
      String(nodes),
      `${(100 * share).toFixed(0)} %`,
    ]),
  );
}

function describeElsewhere(device: Device, elsewhere: readonly Placed[]): string[] {
  if (elsewhere.length === 0) return [`Every node ran on ${nameOf(device)}.`];
  return elsewhere.map(({ graph, provider, operators }) => {
    const list = Object.entries(operators).map(([name, count]) => (count > 1 ? `${name} (${count})` : name));
    return `${graph}: on the ${provider} ran ${list.join(', ')}`;
  });
}
