/** Blocks of all kinds, and their way through the graphs of a normalisation and back. */
import {
  denormalise,
  isSigned,
  type Normalisation,
  normalisations,
  normalise,
  type SimpleNormalisation,
} from '../../src/models/normalise.js';
import type { BlockType } from '../../src/models/swae.js';
import { input } from '../../src/onnx/index.js';
import { evaluate } from '../onnx/evaluate.js';
import { type Block, limits } from './normalise-tolerance.js';

export const length = 125;
export const types: readonly BlockType[] = ['float32', 'float64'];

/** The normalisations that have one form of a block. */
export const simple = normalisations.filter((method) => !isSigned(method)) as SimpleNormalisation[];

export interface Normalised {
  readonly values: Block;
  readonly scale: readonly [minimum: number, range: number];
}

export async function forward(
  blocks: readonly Block[],
  method: SimpleNormalisation,
  type: BlockType,
): Promise<Normalised[]> {
  const size = blocks[0].length;
  const x = input('x', type, ['batch', size]);
  const feeds = { x: { shape: [blocks.length, size], data: blocks.flat() } };
  const { values, scale } = await evaluate({ x }, { ...normalise(x, method) }, feeds);
  return blocks.map((_, row) => ({
    values: values.data.slice(row * size, (row + 1) * size),
    scale: [scale.data[2 * row], scale.data[2 * row + 1]],
  }));
}

export async function backward(rows: readonly Normalised[], method: Normalisation, type: BlockType): Promise<Block[]> {
  const size = rows[0].values.length;
  const u = input('u', 'float32', ['batch', size]);
  const s = input('s', type, ['batch', 2]);
  const { out } = await evaluate(
    { u, s },
    { out: denormalise(u, s, method) },
    {
      u: { shape: [rows.length, size], data: rows.flatMap(({ values }) => values) },
      s: { shape: [rows.length, 2], data: rows.flatMap(({ scale }) => scale) },
    },
  );
  return rows.map((_, row) => out.data.slice(row * size, (row + 1) * size));
}

export const block = (value: (t: number) => number): Block => Array.from({ length }, (_, i) => value(i / (length - 1)));
export const wave = (t: number) => Math.sin(17 * t) * Math.cos(5 * t + 1);

/** Blocks with a finite range, in the numbers of the type. */
export function finiteBlocks(type: BlockType): Record<string, Block> {
  const { largest, smallest } = limits[type];
  const blocks: Record<string, Block> = {
    'all positive': block((t) => 2 + wave(t)),
    'of both signs': block(wave),
    'all negative': block((t) => -3 + wave(t)),
    'zero and above': block((t) => Math.max(0, wave(t))),
    'over 30 orders of magnitude': block((t) => 10 ** (30 * t - 15)),
    'over 60 orders of magnitude': block((t) => 10 ** (60 * t - 30)),
    'of both signs over 60 orders': block((t) => Math.sign(wave(t)) * 10 ** (60 * t - 30)),
    'nearly constant': block((t) => 1 + 1e-3 * wave(t)),
    'steepness just below a tenth': block((t) => 1 + 0.0999 * t),
    'steepness just above a tenth': block((t) => 1 + 0.1001 * t),
    'tiny and positive': block((t) => 1e-30 * (2 + wave(t))),
    'tiny, of both signs': block((t) => 1e-30 * wave(t)),
    'one step of the type': block((t) => (t < 0.5 ? 1 : 1 + limits[type].epsilon)),
    'denormal and positive': block((t) => smallest * Math.round(1 + 100 * t)),
    'denormal, of both signs': block((t) => smallest * Math.round(100 * wave(t))),
    'close to the largest': block((t) => largest * (0.5 + 0.5 * t)),
    'close to the smallest negative': block((t) => -largest * (0.5 + 0.5 * t)),
    'from 0 to the largest': block((t) => largest * t),
  };
  return type === 'float64'
    ? blocks
    : Object.fromEntries(Object.entries(blocks).map(([k, v]) => [k, v.map(Math.fround)]));
}
