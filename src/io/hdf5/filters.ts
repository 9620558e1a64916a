import { InputError } from '../../errors.js';
import type { Box } from '../boxes.js';
import { type Metadata, Module, reading } from './library.js';
import { readParts } from './parts.js';
import type { Source } from './source.js';
import { writePlan } from './types.js';

/** Those that the library has. */
const known: ReadonlySet<number> = new Set([
  Module.H5Z_FILTER_DEFLATE,
  Module.H5Z_FILTER_SHUFFLE,
  Module.H5Z_FILTER_FLETCHER32,
  Module.H5Z_FILTER_NBIT,
  Module.H5Z_FILTER_SCALEOFFSET,
]);

/**
 * Why a dataset that a copy would read cannot be, for lack of a filter; undefined where all can. Chunks tell each whether the filter was
 * used, so the first and the last one of a dataset are tried: a file is not refused for a filter that was never of use.
 */
export function missingFilter(source: Source): string | undefined {
  for (const { kind, path } of source.links()) {
    if (kind !== 'dataset' || !isFiltered(source, path)) continue;
    const metadata = source.metadata(path);
    if (writePlan(metadata).metadata === undefined) continue;
    try {
      for (const box of outermost(metadata)) readParts(source, path, box);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return error.message;
    }
  }
  return undefined;
}

function isFiltered(source: Source, path: string): boolean {
  const filters = reading(`${source.path}:${path}`, () => Module.get_dataset_filters(source.file, path));
  return filters.some(({ id }) => !known.has(id));
}

/** The first and the last value. */
function outermost({ shape, total_size }: Metadata): Box[] {
  if (shape === null || total_size === 0) return [];
  return [shape.map(() => [0, 1] as const), shape.map((size) => [size - 1, size] as const)];
}
