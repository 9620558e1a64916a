import { type Figures, figuresOf } from './figures.js';
import type { Finding } from './findings.js';
import { addSums, emptySums, type Sums } from './sums.js';

/** The errors of a part of the data; what is not named is taken together. */
export interface Row {
  readonly file?: string;
  readonly variable?: string;
  readonly level?: number;
  /** In the units of the data. */
  readonly physical: Figures;
  /** In the scale in which a network meets the blocks. */
  readonly normalised: Figures;
}

type Dimension = 'file' | 'variable' | 'level';
type Place = Partial<Pick<Row, Dimension>>;

/** Every way to take files, variables and levels together or apart, from the whole to the finest. */
const groupings: readonly (readonly Dimension[])[] = [
  [],
  ['file'],
  ['variable'],
  ['level'],
  ['file', 'variable'],
  ['file', 'level'],
  ['variable', 'level'],
  ['file', 'variable', 'level'],
];

interface Cell {
  readonly place: Place;
  readonly physical: Sums;
  readonly normalised: Sums;
}

/** Sums by file, variable and level. */
export class Cube {
  readonly #cells = new Map<string, Cell>();

  /** `found`: of the quantities `physical` and `normalised`. */
  add(file: string, variable: string, found: readonly Finding[]): void {
    for (const { quantity, level, sums } of found) {
      const cell = this.#cell({ file, variable, ...(level !== undefined && { level }) });
      addSums(quantity === 'physical' ? cell.physical : cell.normalised, sums);
    }
  }

  /** Takes a file out. */
  remove(file: string): void {
    for (const [key, { place }] of this.#cells) if (place.file === file) this.#cells.delete(key);
  }

  rows(): Row[] {
    return groupings.flatMap((grouping) => this.#group(grouping));
  }

  /** Rows in the order in which their first cell came; levels by their number. */
  #group(grouping: readonly Dimension[]): Row[] {
    const groups = new Cube();
    for (const { place, physical, normalised } of this.#cells.values()) {
      // What has no level is in no row of levels.
      if (!grouping.every((dimension) => dimension in place)) continue;
      const cell = groups.#cell(Object.fromEntries(grouping.map((dimension) => [dimension, place[dimension]])));
      addSums(cell.physical, physical);
      addSums(cell.normalised, normalised);
    }
    const cells = [...groups.#cells.values()].sort((a, b) => (a.place.level ?? 0) - (b.place.level ?? 0));
    return cells.map(({ place, physical, normalised }) => ({
      ...place,
      physical: figuresOf(physical, grouping.includes('variable')),
      normalised: figuresOf(normalised, true),
    }));
  }

  #cell(place: Place): Cell {
    const key = JSON.stringify([place.file, place.variable, place.level]);
    if (!this.#cells.has(key)) this.#cells.set(key, { place, physical: emptySums(), normalised: emptySums() });
    return this.#cells.get(key)!;
  }
}
