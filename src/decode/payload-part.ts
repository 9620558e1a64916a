import { batchSize } from '../engines/onnx/codec.js';
import { blockCode, type LatentPayload, type Payload } from '../io/archive/format.js';
import type { Range } from '../io/boxes.js';

/** Some blocks of a slab, to be decoded without the others. */
export interface PayloadPart {
  readonly payload: Payload;
  /** Those of the slab that it has. */
  readonly blocks: Range;
}

/**
 * The least part of a slab that has these blocks and decodes to the same bits as the whole. Blocks meet a network in batches, and a batch is
 * decoded in one; a record is decoded from its beginning. `count`: blocks of the slab.
 */
export function partOf(payload: Payload, wanted: Range, count: number): PayloadPart {
  if ('record' in payload) return { payload, blocks: [0, count] };
  const blocks = wholeBatches(payload.code, wanted);
  return { payload: take(payload, blocks), blocks };
}

/** Grown until no batch is cut: the encoded blocks before it, and with it, are multiples of a batch, or all. */
function wholeBatches(code: Uint8Array, [first, stop]: Range): Range {
  let before = countOf(code, [0, first], blockCode.encoded);
  let start = first;
  while (before % batchSize > 0) if (code[--start] === blockCode.encoded) before--;
  let within = countOf(code, [start, stop], blockCode.encoded);
  let end = stop;
  while (within % batchSize > 0 && end < code.length) if (code[end++] === blockCode.encoded) within++;
  return [start, end];
}

function take({ code, latent, scale, constant, exact }: LatentPayload, blocks: Range): LatentPayload {
  const [start] = blocks;
  /** Rows of an array that has one for each block of this code, of all `code`. */
  const rows = <Row extends { readonly length: number; subarray(start: number, stop: number): Row }>(
    values: Row,
    kind: number,
  ): Row => {
    const total = countOf(code, [0, code.length], kind);
    const width = total === 0 ? 0 : values.length / total;
    const first = countOf(code, [0, start], kind);
    return values.subarray(first * width, (first + countOf(code, blocks, kind)) * width);
  };
  return {
    code: code.subarray(...blocks),
    latent: rows(latent as Float32Array, blockCode.encoded),
    scale: rows(scale, blockCode.encoded),
    constant: rows(constant, blockCode.constant),
    exact: rows(exact, blockCode.exact),
  };
}

function countOf(code: Uint8Array, range: Range, kind: number): number {
  return code.subarray(...range).reduce((sum, value) => sum + Number(value === kind), 0);
}
