// First: it must run before the library is loaded.
import './privacy.js';
import { existsSync, readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { type Device, deviceError } from './device.js';
import { createCached } from './graph-cache.js';

export type TensorArray = Float32Array | Float64Array | Int8Array | Uint8Array;

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

/** Whether the CPU adds products of eight bits in 32 bits; where the kernel does not say: no. */
const hasVnni =
  existsSync('/proc/cpuinfo') && /^flags\b.*\bavx(512)?_vnni\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'));

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
    // Exact int8 sums on a CPU without VNNI too (see onnx/quantised.ts); with it they are, and the option would only be slow.
    extra: { session: { x64quantprecision: hasVnni ? '0' : '1' } },
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
  if (data instanceof Float64Array) return new Tensor('float64', data, shape);
  if (data instanceof Float32Array) return new Tensor('float32', data, shape);
  return data instanceof Int8Array ? new Tensor('int8', data, shape) : new Tensor('uint8', data, shape);
}
