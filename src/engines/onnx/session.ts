// First: it must run before the library is loaded.
import './privacy.js';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { type Device, deviceError } from './device.js';
import { createCached } from './graph-cache.js';

export type TensorArray = Float32Array | Float64Array;

export interface SessionOptions {
  /** Threads of the matrix products; the caller's thread is one of them. */
  readonly threads: number;
  /** Default: the CPU. */
  readonly device?: Device;
  /** False: no TF32 on a GPU. Counts for the whole process, from its first GPU session. */
  readonly tf32?: boolean;
  /** Folder where optimised graphs are kept. */
  readonly graphCache?: string;
}

/** A model ready to run. Runs block the event loop; results are copied nowhere. */
export interface Session {
  /** Feeds and results by name; a result is written into `into[name]` where given. */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    into?: Readonly<Record<string, Tensor>>,
  ): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

/** Throws InputError where the device is not there. */
export async function createSession(
  model: Uint8Array,
  { threads, device = { kind: 'cpu' }, tf32 = true, graphCache }: SessionOptions,
): Promise<Session> {
  // The CUDA libraries read it when they start; onnxruntime's API for Node has no switch.
  if (!tf32) process.env.NVIDIA_TF32_OVERRIDE = '0';
  const options: InferenceSession.SessionOptions = {
    executionProviders: [device.kind === 'cpu' ? 'cpu' : { name: 'cuda', deviceId: device.index }],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  };
  const session = await (graphCache
    ? createCached(model, options, graphCache)
    : InferenceSession.create(model, options)
  ).catch((error) => {
    throw deviceError(device, error);
  });
  const names = session.outputNames;
  return {
    async run(feeds, into = {}) {
      const fetches = Object.fromEntries(names.map((name) => [name, into[name] ?? null]));
      return (await session.run(feeds, fetches)) as Record<string, Tensor>;
    },
    release: () => session.release(),
  };
}

export function tensor(data: TensorArray, shape: readonly number[]): Tensor {
  return data instanceof Float64Array ? new Tensor('float64', data, shape) : new Tensor('float32', data, shape);
}
