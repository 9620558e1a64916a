import { createDecoder, type Decoder } from '../engines/onnx/codec.js';
import type { ArchiveReader } from '../io/archive/archive-reader.js';
import type { ManifestFile, ManifestVariable, VariableDtype } from '../io/archive/format.js';
import type { Slab, Values } from '../io/blocks.js';
import { slabsOf } from './compress/plan.js';
import { decodeSlab } from './compress/worker.js';

/** A slab of a variable and the values of its owned box. */
export interface DecodedSlab {
  readonly slab: Slab;
  readonly values: Values;
}

/** Decodes the variables of an archive, slab by slab, with the decoders that it holds. */
export function archiveDecoder(archive: ArchiveReader, threads: number) {
  const { blockSize, latentSize } = archive.header;
  const decoders = new Map<VariableDtype, Decoder>();
  return async function* (file: ManifestFile, variable: ManifestVariable): AsyncGenerator<DecodedSlab> {
    const { dtype, shape, chunks } = variable;
    if (!decoders.has(dtype))
      decoders.set(dtype, await createDecoder(archive.decoder(dtype), { blockSize, latentSize, threads }));
    for (const slab of slabsOf({ path: variable.path, dtype, shape, chunks }, blockSize)) {
      const payload = archive.payload(file, variable, slab.firstBlock, slab.blockCount);
      yield { slab, values: await decodeSlab(decoders.get(dtype)!, payload, slab) };
    }
  };
}
