import type { Tensor } from 'onnxruntime-node';
import type { Device } from './device.js';
import { createSession, type Session, type TensorArray, tensor } from './session.js';

export type Blocks = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/**
 * Blocks per run. Every run has this size, the last one padded: so every block meets the same kernels in the same
 * company, and results do not depend on the number of ranks. Larger runs gain little: at 256, a run of the MLP encoder
 * takes most of a millisecond and its fixed cost is some 30 µs.
 */
export const batchSize = 256;

export interface Encoded {
  /** [blocks, L] */
  readonly latent: Float32Array;
  /** [blocks, 2] in the type of the blocks: (minimum, range). */
  readonly scale: Blocks;
}

export interface Encoder {
  /** blocks: [count, k, k, k] */
  encode(blocks: Blocks, count: number): Promise<Encoded>;
  release(): Promise<void>;
}

export interface Decoder {
  /** Gives blocks [count, k, k, k] in the type of the scale. */
  decode(encoded: Encoded, count: number): Promise<Blocks>;
  release(): Promise<void>;
}

export interface CodecOptions {
  blockSize: number;
  latentSize: number;
  threads: number;
  /** Default: the CPU. */
  device?: Device;
}

/** `model`: the bytes of a graph made by `encoderGraph`. */
export async function createEncoder(model: Uint8Array, options: CodecOptions): Promise<Encoder> {
  const session = await createSession(model, options);
  const { blockSize: k, latentSize } = options;
  return {
    async encode(blocks, count) {
      const latent = new Float32Array(count * latentSize);
      const scale = emptyLike(blocks, count * 2);
      await inBatches(session, count, { blocks: { data: blocks, shape: [k, k, k] } }, (start, rows, results) => {
        latent.set((results.latent.data as Float32Array).subarray(0, rows * latentSize), start * latentSize);
        scale.set((results.scale.data as Float32Array).subarray(0, rows * 2), start * 2);
      });
      return { latent, scale };
    },
    release: () => session.release(),
  };
}

/** `model`: the bytes of a graph made by `decoderGraph`. */
export async function createDecoder(model: Uint8Array, options: CodecOptions): Promise<Decoder> {
  const session = await createSession(model, options);
  const values = options.blockSize ** 3;
  return {
    async decode({ latent, scale }, count) {
      const blocks = emptyLike(scale, count * values);
      const feeds = { latent: { data: latent, shape: [options.latentSize] }, scale: { data: scale, shape: [2] } };
      await inBatches(session, count, feeds, (start, rows, results) => {
        blocks.set((results.blocks.data as Float32Array).subarray(0, rows * values), start * values);
      });
      return blocks;
    },
    release: () => session.release(),
  };
}

export interface Normaliser {
  /** blocks [count, k, k, k] → each form of them by its name, [count, k³] in about [0, 1], and scale [count, 2]. */
  normalise(blocks: Blocks, count: number): Promise<{ forms: Record<string, Float32Array>; scale: Blocks }>;
  release(): Promise<void>;
}

/** `model`: the bytes of a graph made by `normaliseGraph`, which gives these `forms`. */
export async function createNormaliser(
  model: Uint8Array,
  { blockSize: k, threads, forms: names }: Omit<CodecOptions, 'latentSize'> & { forms: readonly string[] },
): Promise<Normaliser> {
  const session = await createSession(model, { threads });
  return {
    async normalise(blocks, count) {
      const forms = Object.fromEntries(names.map((name) => [name, new Float32Array(count * k ** 3)]));
      const scale = emptyLike(blocks, count * 2);
      await inBatches(session, count, { blocks: { data: blocks, shape: [k, k, k] } }, (start, rows, results) => {
        for (const name of names)
          forms[name].set((results[name].data as Float32Array).subarray(0, rows * k ** 3), start * k ** 3);
        scale.set((results.scale.data as Float32Array).subarray(0, rows * 2), start * 2);
      });
      return { forms, scale };
    },
    release: () => session.release(),
  };
}

interface Feed {
  /** [count, …shape] */
  readonly data: TensorArray;
  /** Shape of one row. */
  readonly shape: readonly number[];
}

async function inBatches(
  session: Session,
  count: number,
  feeds: Readonly<Record<string, Feed>>,
  take: (start: number, rows: number, results: Record<string, Tensor>) => void,
): Promise<void> {
  for (let start = 0; start < count; start += batchSize) {
    const rows = Math.min(batchSize, count - start);
    const batch = Object.entries(feeds).map(([name, { data, shape }]) => {
      const length = shape.reduce((product, dim) => product * dim, 1);
      return [name, tensor(padded(data, start * length, rows * length, batchSize * length), [batchSize, ...shape])];
    });
    take(start, rows, await session.run(Object.fromEntries(batch)));
  }
}

/** `length` values from `start`, without a copy where they fill the batch, else followed by zeros. */
function padded(data: TensorArray, start: number, length: number, batchLength: number): TensorArray {
  const part = data.subarray(start, start + length);
  if (length === batchLength) return part;
  const batch = emptyLike(data, batchLength);
  batch.set(part);
  return batch;
}

function emptyLike(data: TensorArray, length: number): Blocks {
  return data instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
}
