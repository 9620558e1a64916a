// First: it must run before the library is loaded.
import './privacy.js';
import { InferenceSession, Tensor } from 'onnxruntime-node';

export type TensorArray = Float32Array | Float64Array;

export interface SessionOptions {
  /** Threads of the matrix products; the caller's thread is one of them. */
  threads: number;
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

export async function createSession(model: Uint8Array, { threads }: SessionOptions): Promise<Session> {
  const session = await InferenceSession.create(model, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
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
