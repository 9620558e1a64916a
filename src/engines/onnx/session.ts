// First: it must run before the library is loaded.
import './privacy.js';
import { existsSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { say } from '../../terminal.js';
import { type Device, nameOf } from './device.js';
import { onDevice } from './device-error.js';
import { createCached } from './graph-cache.js';

// onnxruntime gives every result as a new ArrayBuffer, also one that it wrote into an array of ours, and V8 counts it as memory of the heap. Where
// little else is in use, V8 would go through all of it every ten steps of a training, on four threads; up to five times as much is no haste.
setFlagsFromString('--heap-growing-percent=400');
// What fails is thrown; onnxruntime would print it as well.
env.logLevel = 'fatal';

export type TensorArray = Float32Array | Float64Array | Int8Array | Uint8Array;

/** What sessions run on. */
export interface Resources {
  /** Threads of the matrix products; the caller's thread is one of them. */
  readonly threads: number;
  /** Default: the CPU. */
  readonly device?: Device;
}

export interface SessionOptions extends Resources {
  /** On a GPU that has it, float32 products in TF32. Off, it is off for the whole process, from its first GPU session. Default: off. */
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
export async function createSession(model: Uint8Array, options: SessionOptions): Promise<Session> {
  const { device = { kind: 'cpu' }, tf32 = false } = options;
  // The CUDA libraries read it when they start; onnxruntime's API for Node has no switch.
  if (!tf32) process.env.NVIDIA_TF32_OVERRIDE = '0';
  const session = await onDevice(device, () => create(model, options, device));
  const names = session.outputNames;
  return {
    async run(feeds, into = {}) {
      const fetches = Object.fromEntries(names.map((name) => [name, into[name] ?? null]));
      return (await onDevice(device, () => session.run(feeds, fetches))) as Record<string, Tensor>;
    },
    release: () => session.release(),
  };
}

/** Beside a GPU the CPU takes part only where it must, and the user is told. */
async function create(
  model: Uint8Array,
  { threads, graphCache }: SessionOptions,
  device: Device,
): Promise<InferenceSession> {
  const open = (mayUseCpu: boolean) => {
    const settings = settingsFor({ threads, device }, mayUseCpu);
    return graphCache ? createCached(model, settings, graphCache) : InferenceSession.create(model, settings);
  };
  if (device.kind === 'cpu') return open(true);
  try {
    return await open(false);
  } catch (error) {
    if (!String(error).includes('fallback to CPU EP has been explicitly disabled')) throw error;
    tellFallback(device);
    return open(true);
  }
}

/** Those of onnxruntime. */
export function settingsFor({ threads, device = { kind: 'cpu' } }: Resources, mayUseCpu = true) {
  return {
    executionProviders: [device.kind === 'cuda' ? { name: 'cuda', deviceId: device.index } : device.kind],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
    extra: {
      session: {
        // After a run its threads would wait busily for the next, on the cores where those of another session are to work.
        force_spinning_stop: '1',
        // Exact int8 sums on a CPU without VNNI too (see onnx/quantised.ts); with it they are, and the option would only be slow.
        x64quantprecision: hasVnni ? '0' : '1',
        disable_cpu_ep_fallback: mayUseCpu ? '0' : '1',
      },
    },
  } as const satisfies InferenceSession.SessionOptions;
}

let isFallbackTold = false;

/** Once: a run has many sessions. */
function tellFallback(device: Device): void {
  if (!isFallbackTold)
    say(
      `note: ${nameOf(device)} has no kernel for some operators, which run on the CPU; swae devices --device ${nameOf(device)} names them`,
    );
  isFallbackTold = true;
}

export function tensor(data: TensorArray, shape: readonly number[]): Tensor {
  if (data instanceof Float64Array) return new Tensor('float64', data, shape);
  if (data instanceof Float32Array) return new Tensor('float32', data, shape);
  return data instanceof Int8Array ? new Tensor('int8', data, shape) : new Tensor('uint8', data, shape);
}
