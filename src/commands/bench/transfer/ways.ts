import type { Communicator } from '../../../dist/communicator.js';
import { type Encoded, type Latents, latentArrays } from '../../../engines/onnx/codec.js';
import type { InferencePrecision } from '../../../models/quantise.js';
import type { Codec } from '../../open-codec.js';
import type { Octants } from './octants.js';

const tag = 7;
const empty = new Uint8Array();

/** A way to bring octants from rank 0 to rank 1. */
export interface Way {
  /** Rank 0 makes of the octants what is sent; undefined where they are sent as they are. */
  readonly encode: (() => Promise<void>) | undefined;
  /** Rank 1 makes octants of what it has received. */
  readonly decode: (() => Promise<void>) | undefined;
  /** What rank 0 sends, and rank 1 has received. */
  readonly message: Uint8Array;
}

export function rawWay({ blocks }: Octants): Way {
  return { encode: undefined, decode: undefined, message: new Uint8Array(blocks.buffer) };
}

/** Scales, then latents, in one message. */
export function codedWay(
  octants: Octants,
  { encoder, decoder }: Codec,
  precision: InferencePrecision,
  latentSize: number,
): Way {
  const { blocks, count, type } = octants;
  const scaleBytes = 2 * count * (type === 'float64' ? 8 : 4);
  const Latent = latentArrays[precision];
  const buffer = new ArrayBuffer(scaleBytes + count * latentSize * Latent.BYTES_PER_ELEMENT);
  const encoded: Encoded<Latents> = {
    scale: type === 'float64' ? new Float64Array(buffer, 0, 2 * count) : new Float32Array(buffer, 0, 2 * count),
    latent: new Latent(buffer, scaleBytes, count * latentSize),
  };
  return {
    async encode() {
      const { scale, latent } = await encoder.encode(blocks, count);
      encoded.scale.set(scale);
      encoded.latent.set(latent);
    },
    async decode() {
      await decoder.decode(encoded, count);
    },
    message: new Uint8Array(buffer),
  };
}

/** There, and the answer that the octants are there: rank 0 knows the time of all. A collective call. */
export async function bring(communicator: Communicator, { encode, decode, message }: Way): Promise<void> {
  if (communicator.rank === 0) {
    await encode?.();
    communicator.send(message, 1, tag);
    communicator.receiveInto(empty, 1, tag);
  } else {
    communicator.receiveInto(message, 0, tag);
    await decode?.();
    communicator.send(empty, 0, tag);
  }
}
