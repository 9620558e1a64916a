/** What the page and its worker say to each other. */
import type { ArchiveHeader, Manifest } from '../io/archive/format.js';
import type { Plane } from './plane.js';
import type { Extremes, Slice } from './slice.js';

/** What the server has, as `files.json` says. */
export interface Served {
  readonly archive: ServedFile;
  /** That hold its files, where it does not itself. */
  readonly parts: readonly ServedFile[];
  /** Sources that were found, by their path in the manifest. */
  readonly sources: readonly ServedFile[];
}

export interface ServedFile {
  readonly name: string;
  readonly url: string;
  readonly bytes: number;
}

/** Of an archive, by indices in its manifest. */
export interface Request extends Plane {
  readonly file: number;
  readonly variable: number;
}

export interface Shown {
  readonly reconstruction: Slice;
  readonly original?: Slice | undefined;
  /** Of the whole volume, where that was decoded at once. */
  readonly extremes?: Extremes | undefined;
  /** Where the volume is one block. */
  readonly storage?: 'encoded' | 'constant' | 'exact' | undefined;
  /** Where the variable is of octants. */
  readonly octant?: Octant | undefined;
}

export interface Octant {
  readonly level?: number | undefined;
  /** Lowest corner: x, y, z. */
  readonly origin?: readonly number[] | undefined;
  readonly size?: number | undefined;
}

export interface Opened {
  readonly header: ArchiveHeader;
  readonly manifest: Manifest;
}

export type ToWorker = { readonly id: number } & ({ readonly open: Served } | { readonly show: Request });
/** `ready`: what was said before was not heard. */
export type FromWorker =
  | 'ready'
  | ({ readonly id: number } & ({ readonly result: Opened | Shown } | { readonly error: string }));
