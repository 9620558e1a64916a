/** What the tests of archives and reconstructions share: the sample data, compressed by a stand-in for a codec. */
import { ArchiveWriter } from '../../src/io/archive/archive-writer.js';
import { type ArchiveHeader, blockCode, type LatentPayload } from '../../src/io/archive/format.js';
import { type Slab, slabs, split, type Values } from '../../src/io/blocks.js';
import { type DatasetInfo, openSource } from '../../src/io/hdf5/source.js';
import { findInputs, type Input } from '../../src/io/inputs.js';

export const k = 7;
export const latentSize = 16;
export const header: ArchiveHeader = {
  created: '2026-01-02T03:04:05Z',
  swaeVersion: '0.1.0',
  command: 'swae compress data/sample',
  slabBytes: 1e6,
  coding: {
    kind: 'latents',
    modelHash: 'ab'.repeat(32),
    architecture: 'mlp',
    normalisation: 'pos_log',
    latentSize,
    latentType: 'float32',
    precision: 'float32',
  },
};
export const model = { decoders: { float32: Uint8Array.of(1, 2, 3) }, description: '{"layers":[]}' };
export const inputs = findInputs(['data/sample']);

/**
 * Stands in for a codec without loss: constant blocks are constant, some are 'encoded' by their first values, the
 * others are exact.
 */
export function payloadOf(blocks: Values): LatentPayload {
  const size = k ** 3;
  const code = new Uint8Array(blocks.length / size);
  const [latent, scale, constant, exact]: number[][] = [[], [], [], []];
  for (let block = 0; block < code.length; block += 1) {
    const values = blocks.subarray(block * size, (block + 1) * size);
    if (values.every((value) => value === values[0])) {
      code[block] = blockCode.constant;
      constant.push(values[0]!);
    } else if (Math.floor(Math.abs(values[0]!) * 1e5) % 3 === 0) {
      latent.push(...values.subarray(0, latentSize));
      scale.push(Math.min(...values), Math.max(...values) - Math.min(...values));
    } else {
      code[block] = blockCode.exact;
      for (const value of values) exact.push(value);
    }
  }
  const Stored = blocks.constructor as new (values: number[]) => Values;
  return {
    code,
    latent: new Float32Array(latent),
    scale: new Stored(scale),
    constant: new Stored(constant),
    exact: new Stored(exact),
  };
}

export function compress(
  path: string,
  files: readonly Input[],
  choose: (info: DatasetInfo) => boolean,
  maxBytes: number,
): ArchiveWriter {
  const archive = new ArchiveWriter(path, header, model);
  for (const input of files) {
    const source = openSource(input.path);
    const variables = source.datasets().filter(choose);
    archive.beginFile(
      input,
      source,
      variables.map((info) => info.path),
    );
    for (const info of variables) {
      archive.beginVariable(info, k);
      for (const slab of slabsOf(info, maxBytes))
        archive.append(payloadOf(split(source.readSlice(info.path, slab.read), slab)), slab.blockCount);
      archive.endVariable({ max_abs: 0, psnr: Number.POSITIVE_INFINITY });
    }
    archive.endFile();
    source.close();
  }
  return archive;
}

export function slabsOf(
  { shape, bytesPerValue, chunks }: Pick<DatasetInfo, 'shape' | 'bytesPerValue' | 'chunks'>,
  maxBytes: number,
): Slab[] {
  return slabs(shape, k, { bytesPerValue, maxBytes, chunks });
}

export const isVariable = ({ dtype, shape }: DatasetInfo) => dtype !== 'other' && shape.length === 4;
