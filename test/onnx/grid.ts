import { random } from '../../src/models/random.js';

/** A plain array with a shape: what operators are compared with, as slow and simple as can be. */
export interface Grid {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export type Index = readonly number[];

/** All indices of a shape, the last axis fastest. */
export function indices(shape: readonly number[]): Index[] {
  return shape.reduce<Index[]>(
    (found, size) => found.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i])),
    [[]],
  );
}

export function fill(shape: readonly number[], value: (index: Index) => number): Grid {
  return { shape, data: indices(shape).map(value) };
}

/** The element at an index of a grid that is broadcast: leading axes may be missing, axes of size 1 repeat. */
export function at({ shape, data }: Grid, index: Index): number {
  const own = index.slice(index.length - shape.length);
  return data[shape.reduce((offset, size, axis) => offset * size + (size === 1 ? 0 : own[axis]), 0)];
}

/** The shape to which grids broadcast, where they do. */
export function common(...grids: readonly Grid[]): number[] {
  const rank = Math.max(...grids.map(({ shape }) => shape.length));
  return Array.from({ length: rank }, (_, axis) =>
    Math.max(...grids.map(({ shape }) => shape[axis - rank + shape.length] ?? 1)),
  );
}

export const domains = {
  real: (normal: number) => normal,
  /** Where log and sqrt are smooth. */
  positive: (normal: number) => 0.5 + Math.abs(normal),
  /** Away from a pole or a kink at 0. */
  nonzero: (normal: number) => Math.sign(normal) * (0.5 + Math.abs(normal)),
};
export type Domain = keyof typeof domains;

/** The same numbers for the same key. */
export function sample(shape: readonly number[], domain: Domain, ...key: readonly number[]): Grid {
  const source = random(...key);
  return fill(shape, () => domains[domain](source.normal()));
}
