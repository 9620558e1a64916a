import { Tensor } from 'onnxruntime-node';
import { createSession } from '../../src/engines/onnx/session.js';
import { build, type DataType, type Value } from '../../src/onnx/index.js';
import type { Grid } from './grid.js';

export type Feeds = Readonly<Record<string, Grid>>;
export type Run = (feeds: Feeds) => Promise<Record<string, Grid>>;

const arrays = { float32: Float32Array, float64: Float64Array, int8: Int8Array, uint8: Uint8Array, bool: Uint8Array };

/** Calls `use` with a function that runs the graph in onnxruntime. */
export async function withGraph<Result>(
  inputs: Readonly<Record<string, Value>>,
  outputs: Readonly<Record<string, Value>>,
  use: (run: Run) => Promise<Result>,
): Promise<Result> {
  const session = await createSession(build({ inputs, outputs }, { name: 'test' }), { threads: 1 });
  try {
    return await use(async (feeds) => {
      const tensors = Object.entries(inputs).map(([name, { type }]) => {
        const { data, shape } = feeds[name];
        return [name, new Tensor(type as keyof typeof arrays, arrayOf(type, data), shape)];
      });
      const results = await session.run(Object.fromEntries(tensors));
      return Object.fromEntries(
        Object.entries(results).map(([name, { data, dims }]) => [
          name,
          { shape: [...dims], data: Array.from(data as Float32Array, Number) },
        ]),
      );
    });
  } finally {
    await session.release();
  }
}

function arrayOf(type: DataType, data: readonly number[]) {
  return type === 'int64' ? BigInt64Array.from(data, BigInt) : arrays[type as keyof typeof arrays].from(data);
}

export function evaluate(
  inputs: Readonly<Record<string, Value>>,
  outputs: Readonly<Record<string, Value>>,
  feeds: Feeds,
): Promise<Record<string, Grid>> {
  return withGraph(inputs, outputs, (run) => run(feeds));
}
