import type { Resources } from '../engines/onnx/session.js';
import { InputError } from '../errors.js';
import type { ArchiveReader } from '../io/archive/archive-reader.js';
import type { ManifestFile, ManifestVariable } from '../io/archive/format.js';
import { type Slab, slabs, type Values } from '../io/blocks.js';
import { bytesOf, bytesPerValue } from '../io/variable-bytes.js';
import { createBoundedDecoder } from './bounded-decoder.js';
import { createLatentDecoder } from './latent-decoder.js';
import { decodeSlab, type SlabDecoder } from './slab-decoder.js';

/** A slab of a variable and the values of its owned box. */
export interface DecodedSlab {
  readonly slab: Slab;
  readonly values: Values;
}

/** Decodes the variables of an archive, slab by slab, with nothing but what it holds; `onSlab` is told the bytes of each that is done with. */
export function archiveDecoder(
  archive: ArchiveReader,
  resources: Resources,
  onSlab: (bytes: number) => void | Promise<void> = () => {},
) {
  let decoder: SlabDecoder | undefined;
  return async function* (file: ManifestFile, variable: ManifestVariable): AsyncGenerator<DecodedSlab> {
    const { path, dtype, block_size: blockSize } = variable;
    decoder ??= decoderOf(archive, blockSize, resources);
    for (const [index, slab] of archiveSlabs(archive, variable).entries()) {
      const payload = archive.payload(file, variable, index);
      const values = await decodeSlab(decoder, payload, { path, dtype, blockSize }, slab);
      yield { slab, values };
      await onSlab(values.byteLength);
    }
  };
}

/** Of the values that `archiveDecoder` gives. */
export function bytesOfFiles(files: readonly ManifestFile[]): number {
  return files.reduce((sum, { variables }) => sum + bytesOfVariables(variables), 0);
}

export function bytesOfVariables(variables: readonly ManifestVariable[]): number {
  return variables.reduce((sum, variable) => sum + bytesOf(variable), 0);
}

/** Throws an InputError where the manifest has other slabs. */
export function archiveSlabs(archive: ArchiveReader, variable: ManifestVariable): Slab[] {
  const { path, dtype, shape, chunks, block_size: blockSize } = variable;
  const limits = { bytesPerValue: bytesPerValue(dtype), maxBytes: archive.header.slabBytes, chunks };
  const cut = slabs(shape, blockSize, limits);
  const [expected, got] = [cut.map(({ blockCount }) => blockCount), variable.slabs.map(({ blocks }) => blocks)];
  if (got.join() !== expected.join())
    throw new InputError(`archive "${archive.path}:${path}": expected slabs of ${expected} blocks, got ${got}`);
  return cut;
}

export function decoderOf(archive: ArchiveReader, blockSize: number, resources: Resources): SlabDecoder {
  const { coding } = archive.header;
  if (coding.kind === 'bounded') return createBoundedDecoder();
  return createLatentDecoder((dtype) => archive.decoder(dtype), {
    blockSize,
    latentSize: coding.latentSize,
    precision: coding.precision,
    ...resources,
  });
}
