/** The octree that a solver writes beside its octants: names as in Dendro-GR's extracts. */
import type { Source } from './hdf5/source.js';

/** Of the octants that the first axis of a variable counts. */
export interface Octants {
  /** Refinement level of each. */
  readonly levels: Float64Array | undefined;
  /** Lowest corners, [octants, 3]: x, y, z. */
  readonly origins: Float64Array | undefined;
  /** Edge lengths. */
  readonly sizes: Float64Array | undefined;
}

/** What stands in the group of the variable at `path`, of shape [octants, z, y, x]; what is of another length is not its octree. */
export function readOctants(source: Source, path: string, shape: readonly number[]): Octants {
  const group = path.slice(0, path.lastIndexOf('/') + 1);
  const read = (name: string, rowShape: readonly number[]) =>
    shape.length === 4 ? readShaped(source, group + name, [shape[0], ...rowShape]) : undefined;
  return { levels: read('octant_level', []), origins: read('octant_origin', [3]), sizes: read('octant_size', []) };
}

function readShaped(source: Source, path: string, shape: readonly number[]): Float64Array | undefined {
  if (!source.has(path)) return undefined;
  const dataset = source.dataset(path);
  if (dataset.shape.join() !== shape.join()) return undefined;
  return toNumbers(source.readBytes(path), dataset.typeName);
}

/** Undefined for what is no number. */
function toNumbers({ buffer }: Uint8Array<ArrayBuffer>, type: string): Float64Array | undefined {
  switch (type) {
    case 'int8':
      return Float64Array.from(new Int8Array(buffer));
    case 'uint8':
      return Float64Array.from(new Uint8Array(buffer));
    case 'int16':
      return Float64Array.from(new Int16Array(buffer));
    case 'uint16':
      return Float64Array.from(new Uint16Array(buffer));
    case 'int32':
      return Float64Array.from(new Int32Array(buffer));
    case 'uint32':
      return Float64Array.from(new Uint32Array(buffer));
    case 'int64':
      return Float64Array.from(new BigInt64Array(buffer), Number);
    case 'uint64':
      return Float64Array.from(new BigUint64Array(buffer), Number);
    case 'float32':
      return Float64Array.from(new Float32Array(buffer));
    case 'float64':
      return new Float64Array(buffer);
    default:
      return undefined;
  }
}
