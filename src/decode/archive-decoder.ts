import { InputError } from '../errors.js';
import type { ArchiveReader } from '../io/archive/archive-reader.js';
import type { ManifestFile, ManifestVariable } from '../io/archive/format.js';
import { type Slab, slabs, type Values } from '../io/blocks.js';
import { createBoundedDecoder } from './bounded-decoder.js';
import { createLatentDecoder } from './latent-decoder.js';
import { decodeSlab, type SlabDecoder } from './slab-decoder.js';

/** A slab of a variable and the values of its owned box. */
export interface DecodedSlab {
  readonly slab: Slab;
  readonly values: Values;
}

/** Decodes the variables of an archive, slab by slab, with nothing but what it holds. */
export function archiveDecoder(archive: ArchiveReader, threads: number) {
  let decoder: SlabDecoder | undefined;
  return async function* (file: ManifestFile, variable: ManifestVariable): AsyncGenerator<DecodedSlab> {
    const { path, dtype, block_size: blockSize } = variable;
    decoder ??= decoderOf(archive, blockSize, threads);
    for (const [index, slab] of archiveSlabs(archive, variable).entries()) {
      const payload = archive.payload(file, variable, index);
      yield { slab, values: await decodeSlab(decoder, payload, { path, dtype, blockSize }, slab) };
    }
  };
}

/** Throws an InputError where the manifest has other slabs. */
export function archiveSlabs(archive: ArchiveReader, variable: ManifestVariable): Slab[] {
  const { path, dtype, shape, chunks, block_size: blockSize } = variable;
  const bytesPerValue = dtype === 'float64' ? 8 : 4;
  const cut = slabs(shape, blockSize, { bytesPerValue, maxBytes: archive.header.slabBytes, chunks });
  const [expected, got] = [cut.map(({ blockCount }) => blockCount), variable.slabs.map(({ blocks }) => blocks)];
  if (got.join() !== expected.join())
    throw new InputError(`archive "${archive.path}:${path}": expected slabs of ${expected} blocks, got ${got}`);
  return cut;
}

export function decoderOf(archive: ArchiveReader, blockSize: number, threads: number): SlabDecoder {
  const { coding } = archive.header;
  if (coding.kind === 'bounded') return createBoundedDecoder();
  return createLatentDecoder((dtype) => archive.decoder(dtype), { blockSize, latentSize: coding.latentSize, threads });
}
