import type { Tensor } from 'onnxruntime-node';
import { batchSize, gpuBatchSize } from '../../models/batch.js';
import type { InferencePrecision } from '../../models/quantise.js';
import { createSession, type Resources, type Session, type TensorArray, tensor } from './session.js';

export type Blocks = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

export { batchSize };

/** Of float8 the bytes of E4M3FN. */
export interface LatentsOf {
  readonly float32: Float32Array;
  readonly float8: Uint8Array;
  readonly int8: Int8Array;
  readonly 'int8-dynamic': Int8Array;
}
export type Latents = LatentsOf[InferencePrecision];

export const latentArrays: {
  readonly [Name in InferencePrecision]: {
    new (length: number): LatentsOf[Name];
    new (buffer: ArrayBuffer, byteOffset: number, length: number): LatentsOf[Name];
    readonly BYTES_PER_ELEMENT: number;
  };
} = {
  float32: Float32Array,
  float8: Uint8Array,
  int8: Int8Array,
  'int8-dynamic': Int8Array,
};

export interface Encoded<Latent extends Latents = Float32Array> {
  /** [blocks, L] */
  readonly latent: Latent;
  /** [blocks, 2] in the type of the blocks: (minimum, range). */
  readonly scale: Blocks;
}

export interface Encoder<Latent extends Latents = Float32Array> {
  /** blocks: [count, k, k, k] */
  encode(blocks: Blocks, count: number): Promise<Encoded<Latent>>;
  release(): Promise<void>;
}

export interface Decoder {
  /** Gives blocks [count, k, k, k] in the type of the scale. */
  decode(encoded: Encoded<Latents>, count: number): Promise<Blocks>;
  release(): Promise<void>;
}

export interface CodecOptions extends Resources {
  blockSize: number;
  latentSize: number;
  /** An `InferencePrecision`, or what an archive says. Default: float32. */
  precision?: string;
  /** Blocks of a run at most. Default: `batchSize` on the CPU, which is that of all archives, and more on a GPU. */
  rows?: number;
}

/** Blocks of a run at most. Scales of activations from each batch must be from the same one wherever a block is encoded and decoded. */
export function largestBatch({ device, precision, rows }: Pick<CodecOptions, 'device' | 'precision' | 'rows'>): number {
  const isFixed = device === undefined || device.kind === 'cpu' || precision === 'int8-dynamic';
  return rows ?? (isFixed ? batchSize : gpuBatchSize);
}

/** Of the next run, when so many blocks are `left`: of few sizes, since a GPU's memory is laid out anew for each. */
export function rowsOfRun(left: number, largest: number): number {
  const needed = 2 ** Math.ceil(Math.log2(left));
  return Math.min(largest, Math.max(batchSize, needed));
}

/** `model`: the bytes of a graph made by `encoderGraph`, with this precision (default: float32). */
export async function createEncoder<Name extends InferencePrecision = 'float32'>(
  model: Uint8Array,
  options: CodecOptions & { precision?: Name },
): Promise<Encoder<LatentsOf[Name]>> {
  const session = await createSession(model, options);
  const { blockSize: k, latentSize, precision = 'float32' as Name } = options;
  return {
    async encode(blocks, count) {
      const latent = new latentArrays[precision](count * latentSize);
      const scale = emptyLike(blocks, count * 2);
      const feeds = { blocks: { data: blocks, shape: [k, k, k] } };
      await inBatches(session, largestBatch(options), count, feeds, (start, rows, results) => {
        latent.set((results.latent.data as Latents).subarray(0, rows * latentSize), start * latentSize);
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
      await inBatches(session, largestBatch(options), count, feeds, (start, rows, results) => {
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
      await inBatches(
        session,
        batchSize,
        count,
        { blocks: { data: blocks, shape: [k, k, k] } },
        (start, rows, results) => {
          for (const name of names)
            forms[name].set((results[name].data as Float32Array).subarray(0, rows * k ** 3), start * k ** 3);
          scale.set((results.scale.data as Float32Array).subarray(0, rows * 2), start * 2);
        },
      );
      return { forms, scale };
    },
    release: () => session.release(),
  };
}

export interface ScaledNormaliser {
  /** blocks [count, k, k, k], scale [count, 2] → [count, k³] */
  normalise(blocks: Blocks, scale: Blocks, count: number): Promise<Float32Array<ArrayBuffer>>;
  release(): Promise<void>;
}

/** `model`: the bytes of a graph made by `normaliseByGraph`. */
export async function createScaledNormaliser(
  model: Uint8Array,
  { blockSize: k, threads }: Omit<CodecOptions, 'latentSize'>,
): Promise<ScaledNormaliser> {
  const session = await createSession(model, { threads });
  return {
    async normalise(blocks, scale, count) {
      const normalised = new Float32Array(count * k ** 3);
      const feeds = { blocks: { data: blocks, shape: [k, k, k] }, scale: { data: scale, shape: [2] } };
      await inBatches(session, batchSize, count, feeds, (start, rows, { values }) => {
        normalised.set((values.data as Float32Array).subarray(0, rows * k ** 3), start * k ** 3);
      });
      return normalised;
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
  largest: number,
  count: number,
  feeds: Readonly<Record<string, Feed>>,
  take: (start: number, rows: number, results: Record<string, Tensor>) => void,
): Promise<void> {
  for (let start = 0; start < count; start += largest) {
    const rows = Math.min(largest, count - start);
    const batchRows = rowsOfRun(rows, largest);
    const batch = Object.entries(feeds).map(([name, { data, shape }]) => {
      const length = shape.reduce((product, dim) => product * dim, 1);
      return [name, tensor(padded(data, start * length, rows * length, batchRows * length), [batchRows, ...shape])];
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

function emptyLike<Data extends TensorArray>(data: Data, length: number): Data {
  return new (data.constructor as new (length: number) => Data)(length);
}
