/** Blocks and their reconstructions in the scale in which a network meets them. */
import { type Blocks, createScaledNormaliser, type ScaledNormaliser } from '../../engines/onnx/codec.js';
import { blockCode, type Payload } from '../../io/archive/format.js';
import type { Normalisation } from '../../models/normalise.js';
import { type BlockType, normaliseByGraph } from '../../models/swae.js';

/** The blocks that a network (or, within a bound, the coder) has met: neither constant nor kept as they are. */
export interface ScaledRows {
  readonly rows: Uint32Array;
  /** What each was normalised by, [rows, 2]. */
  readonly scale: Blocks;
}

/** Of blocks [blocks, k, k, k] and what is stored of them. */
export function scaledRows(blocks: Blocks, payload: Payload, k: number): ScaledRows {
  return 'record' in payload ? extremesOf(blocks, k ** 3) : encodedRows(payload.code, payload.scale);
}

/** Sessions are made when they are needed, one for each block size and type. */
export class BlockNormaliser {
  readonly #normalisation: Normalisation;
  readonly #threads: number;
  readonly #sessions = new Map<string, ScaledNormaliser>();

  constructor(normalisation: Normalisation, threads: number) {
    this.#normalisation = normalisation;
    this.#threads = threads;
  }

  /** blocks [rows, k, k, k] → the same in normalised scale, by the scale of each. */
  async normalise(blocks: Blocks, scale: Blocks, blockSize: number): Promise<Float32Array<ArrayBuffer>> {
    const session = await this.#session(blockSize, blocks instanceof Float64Array ? 'float64' : 'float32');
    return session.normalise(blocks, scale, scale.length / 2);
  }

  async release(): Promise<void> {
    for (const session of this.#sessions.values()) await session.release();
  }

  async #session(blockSize: number, type: BlockType): Promise<ScaledNormaliser> {
    const key = `${blockSize} ${type}`;
    if (!this.#sessions.has(key)) {
      const graph = normaliseByGraph(blockSize, this.#normalisation, type);
      this.#sessions.set(key, await createScaledNormaliser(graph, { blockSize, threads: this.#threads }));
    }
    return this.#sessions.get(key)!;
  }
}

/** Rows of [rows, length]. */
export function takeRows<T extends Blocks>(values: T, rows: Uint32Array, length: number): T {
  const taken = new (values.constructor as new (length: number) => T)(rows.length * length);
  for (const [to, from] of rows.entries()) taken.set(values.subarray(from * length, (from + 1) * length), to * length);
  return taken;
}

function encodedRows(code: Uint8Array, scale: Blocks): ScaledRows {
  const rows = Uint32Array.from(code.keys()).filter((row) => code[row] === blockCode.encoded);
  return { rows, scale };
}

/** (minimum, range) of each block whose values are finite and not all equal. */
function extremesOf(blocks: Blocks, length: number): ScaledRows {
  const rows: number[] = [];
  const scale: number[] = [];
  for (let row = 0; row < blocks.length / length; row++) {
    let [smallest, largest, allFinite] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true];
    for (const value of blocks.subarray(row * length, (row + 1) * length)) {
      smallest = Math.min(smallest, value);
      largest = Math.max(largest, value);
      allFinite &&= Number.isFinite(value);
    }
    if (!allFinite || largest === smallest || !Number.isFinite(largest - smallest)) continue;
    rows.push(row);
    scale.push(smallest, largest - smallest);
  }
  return {
    rows: Uint32Array.from(rows),
    scale: blocks instanceof Float64Array ? Float64Array.from(scale) : Float32Array.from(scale),
  };
}
