/** Which execution provider really runs each node of a graph, as onnxruntime's own profiler tells. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, type Tensor } from 'onnxruntime-node';
import { random } from '../../models/random.js';
import type { Device } from './device.js';
import { onDevice } from './device-error.js';
import { type Resources, settingsFor, type TensorArray, tensor } from './session.js';

/** A node of the optimised graph, as it ran. */
export interface NodeRun {
  readonly operator: string;
  /** Short: "CPU", "CUDA", "WebGpu". */
  readonly provider: string;
  /** Of the calling thread. A GPU works on while the next nodes are launched. */
  readonly microseconds: number;
}

/** Runs a graph on random numbers, `rows` for each dimension that is not fixed. The second run counts. Throws InputError where the device is not there. */
export async function profileNodes(
  model: Uint8Array,
  rows: number,
  resources: Required<Resources>,
): Promise<NodeRun[]> {
  const folder = mkdtempSync(join(tmpdir(), 'swae-profile-'));
  const settings = { ...settingsFor(resources), enableProfiling: true, profileFilePrefix: join(folder, 'nodes') };
  try {
    const session = await onDevice(resources.device, () => InferenceSession.create(model, settings));
    const feeds = randomFeeds(session, rows);
    for (let run = 0; run < 2; run++) await onDevice(resources.device, () => session.run(feeds));
    session.endProfiling();
    await session.release();
    return nodesOfLastRun(JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]), 'utf8')));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Whether a provider is that of a device. */
export function isOf(device: Device, provider: string): boolean {
  return provider.toLowerCase() === device.kind;
}

function randomFeeds(session: InferenceSession, rows: number): Record<string, Tensor> {
  const source = random(1);
  const feeds = session.inputMetadata.map((input) => {
    if (!input.isTensor) throw new TypeError(`input ${input.name} is no tensor`);
    const shape = input.shape.map((dim) => (typeof dim === 'number' ? dim : rows));
    const length = shape.reduce((product, dim) => product * dim, 1);
    return [input.name, tensor(emptyArray(input.type, length).map(source.uniform) as TensorArray, shape)];
  });
  return Object.fromEntries(feeds);
}

function emptyArray(type: string, length: number): TensorArray {
  const arrays = { float32: Float32Array, float64: Float64Array, int8: Int8Array, uint8: Uint8Array };
  return new arrays[type as keyof typeof arrays](length);
}

/** Of the profiler's file; times in microseconds. */
interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly args: { readonly op_name?: string; readonly provider?: string };
}

function nodesOfLastRun(events: readonly TraceEvent[]): NodeRun[] {
  const started = Math.max(...events.filter(({ name }) => name === 'model_run').map(({ ts }) => ts));
  return events
    .filter(({ cat, name, ts }) => cat === 'Node' && name.endsWith('_kernel_time') && ts >= started)
    .map(({ args: { op_name: operator = 'unknown', provider = 'unknown' }, dur: microseconds }) => ({
      operator,
      provider: provider.replace(/ExecutionProvider$/, ''),
      microseconds,
    }));
}
