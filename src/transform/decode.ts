/** Record → blocks. */
import { BlockCoder, blockForm, emptyBlock } from './block-coder.js';
import { RangeDecoder } from './range-coder.js';
import { fineScale, Reconstruction } from './reconstruction.js';
import { unpackRecord } from './record.js';

/** Fills `blocks` [blocks, k, k, k] from the record that `encode` made of them. Throws RangeError where it is none. */
export function decode(record: Uint8Array, k: number, blocks: Float32Array | Float64Array): void {
  const { step, bound, stream, exact } = unpackRecord(record, blocks.BYTES_PER_ELEMENT, blocks.byteLength);
  const size = k ** 3;
  const width = blocks.BYTES_PER_ELEMENT;
  const bytes = new Uint8Array(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  const coder = new BlockCoder(new RangeDecoder(stream), k);
  const reconstruction = new Reconstruction(k);
  const block = emptyBlock(k);
  const values = new Float64Array(size);
  let next = 0;
  /** The next `count` exact values. */
  const take = (count: number): Uint8Array => {
    const end = next + count * width;
    if (end > exact.length) throw new RangeError(`record: ${exact.length / width} exact values, more are wanted`);
    const taken = exact.subarray(next, end);
    next = end;
    return taken;
  };
  for (let start = 0; start < blocks.length; start += size) {
    block.coefficients.fill(0);
    coder.code(block);
    if (block.form === blockForm.coefficients) {
      const scale = fineScale(block.fineness);
      reconstruction.values(block, step * scale, bound * scale, values);
      blocks.set(values, start);
      const { at, count } = block.exceptions;
      for (let i = 0; i < count; i++) bytes.set(take(1), (start + at[i]) * width);
    } else {
      if (block.form === blockForm.raw) bytes.set(take(size), start * width);
      else fill(bytes.subarray(start * width, (start + size) * width), take(1));
      reconstruction.follow(blocks[start]);
    }
  }
  if (next < exact.length) throw new RangeError(`record: ${(exact.length - next) / width} exact values too many`);
}

function fill(target: Uint8Array, value: Uint8Array): void {
  for (let start = 0; start < target.length; start += value.length) target.set(value, start);
}
