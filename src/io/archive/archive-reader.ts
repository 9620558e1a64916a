import { InputError } from '../../errors.js';
import type { Values } from '../blocks.js';
import type { Range } from '../boxes.js';
import { openSource, type Source } from '../hdf5/source.js';
import {
  type ArchiveHeader,
  blockCode,
  decoderPath,
  formatName,
  formatVersion,
  headerAttributes,
  type Manifest,
  type ManifestFile,
  type ManifestVariable,
  type Payload,
  partPath,
  type VariableDtype,
  type VariablePart,
} from './format.js';

/** Blocks before a place in a variable, by code. */
interface Position {
  readonly block: number;
  readonly rows: readonly [encoded: number, constant: number, exact: number];
}

const codesAtOnce = 2 ** 20;

export class ArchiveReader {
  readonly path: string;
  /** For copying what was not compressed: see `groupOf`. */
  readonly source: Source;
  readonly header: ArchiveHeader;
  readonly manifest: Manifest;
  /** JSON. */
  readonly description: string;
  readonly #positions = new Map<string, Position>();

  /** Throws an InputError for other files, newer versions and incomplete archives. */
  constructor(path: string) {
    this.path = path;
    this.source = openSource(path);
    try {
      expectFormat(this.source, path);
      this.header = Object.fromEntries(
        headerAttributes.map(([name, key]) => [key, plain(this.source.attribute('/', name))]),
      ) as unknown as ArchiveHeader;
      this.manifest = JSON.parse(this.source.readText('/manifest')) as Manifest;
      this.description = this.source.readText('/model/description');
    } catch (error) {
      this.source.close();
      throw error;
    }
  }

  /** ONNX bytes: inputs latent [batch, L] float32 and scale [batch, 2] `dtype`; output blocks [batch, k, k, k] `dtype`. */
  decoder(dtype: VariableDtype): Uint8Array {
    const path = decoderPath(dtype);
    if (!this.source.has(path)) throw new InputError(`archive "${this.path}": no decoder for ${dtype} variables`);
    return this.source.readBytes(path);
  }

  /** Blocks [first, first + count) of a variable. Fastest in ascending order. */
  payload(file: ManifestFile, variable: ManifestVariable, first: number, count: number): Payload {
    const at = (part: VariablePart) => partPath(part, file.path, variable.path);
    const { blockSize: k, latentSize } = this.header;
    const [encoded, constant, exact] = this.#position(at('code'), variable, first).rows;
    const code = this.#code(at('code'), variable, first, count);
    const counts = countCodes(code);
    const rows = <T extends Values>(part: VariablePart, start: number, length: number, rowShape: readonly number[]) =>
      this.#rows(at(part), variable.dtype, start, length, rowShape) as T;
    const latent = this.#rows(at('latent'), 'float32', encoded, counts[0], [latentSize]) as Float32Array;
    return {
      code,
      latent,
      scale: rows('scale', encoded, counts[0], [2]),
      constant: rows('constant', constant, counts[1], []),
      exact: rows('exact', exact, counts[2], [k, k, k]),
    };
  }

  close(): void {
    this.source.close();
  }

  #rows(path: string, dtype: VariableDtype, start: number, length: number, rowShape: readonly number[]): Values {
    if (length === 0) return dtype === 'float32' ? new Float32Array(0) : new Float64Array(0);
    return this.source.readSlice(path, [[start, start + length], ...rowShape.map((size): Range => [0, size])]);
  }

  #code(path: string, variable: ManifestVariable, first: number, count: number): Uint8Array {
    if (variable.encoded === variable.blocks || count === 0) return new Uint8Array(count).fill(blockCode.encoded);
    return this.source.readBytes(path, [[first, first + count]]);
  }

  /** The last position is kept, so that reading in order counts every code once. */
  #position(path: string, variable: ManifestVariable, block: number): Position {
    if (variable.encoded === variable.blocks) return { block, rows: [block, 0, 0] };
    let position = this.#positions.get(path);
    if (position === undefined || position.block > block) position = { block: 0, rows: [0, 0, 0] };
    while (position.block < block) {
      const count = Math.min(codesAtOnce, block - position.block);
      const counts: [number, number, number] = countCodes(this.#code(path, variable, position.block, count));
      const [encoded, constant, exact]: Position['rows'] = position.rows;
      position = {
        block: position.block + count,
        rows: [encoded + counts[0], constant + counts[1], exact + counts[2]],
      };
    }
    this.#positions.set(path, position);
    return position;
  }
}

/** Throws an InputError for other files, newer versions and incomplete archives. */
export function openArchive(path: string): ArchiveReader {
  return new ArchiveReader(path);
}

function expectFormat(source: Source, path: string): void {
  if (source.attribute('/', 'format') !== formatName) throw new InputError(`archive "${path}": not a swae archive`);
  const version = plain(source.attribute('/', 'format_version'));
  if (version !== formatVersion) {
    throw new InputError(`archive "${path}": expected format version ${formatVersion}, got ${version}`, {
      hint: 'Read it with the version of swae that wrote it, or a newer one.',
    });
  }
  if (!source.has('/manifest')) throw new InputError(`archive "${path}": incomplete, it has no manifest`);
}

function plain(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

function countCodes(code: Uint8Array): [number, number, number] {
  const counts: [number, number, number] = [0, 0, 0];
  for (const value of code) counts[value as 0 | 1 | 2] += 1;
  return counts;
}
