/** In place of engines/onnx/session.ts in the browser: onnxruntime in WebAssembly, on the worker's own thread. */

import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import type * as onNode from '../engines/onnx/session.js';

export type { Session, SessionOptions, TensorArray } from '../engines/onnx/session.js';

env.wasm.wasmPaths = { wasm: new URL('ort-wasm-simd-threaded.wasm', import.meta.url).href };
env.wasm.numThreads = 1;

export const createSession: typeof onNode.createSession = async (model) => {
  const session = await InferenceSession.create(model, { executionProviders: ['wasm'], logSeverityLevel: 3 });
  return {
    run: async (feeds) => (await session.run(feeds)) as Record<string, Tensor>,
    release: () => session.release(),
  };
};

export const tensor: typeof onNode.tensor = (data, shape) => {
  if (data instanceof Float64Array) return new Tensor('float64', data, shape);
  if (data instanceof Float32Array) return new Tensor('float32', data, shape);
  return data instanceof Int8Array ? new Tensor('int8', data, shape) : new Tensor('uint8', data, shape);
};
