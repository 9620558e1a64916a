import { crc32 } from 'node:zlib';
import { InputError, SourceError } from '../../errors.js';
import type { Values } from '../blocks.js';
import type { Range } from '../boxes.js';
import { attributesChecksum, checksum, structureChecksum } from '../hdf5/checksum.js';
import { fromPlanes } from '../hdf5/planes.js';
import { openSource, type Source } from '../hdf5/source.js';
import { type CountKey, sumOf } from './block-counts.js';
import {
  type ArchiveHeader,
  beside,
  blockCode,
  type Checked,
  type Coding,
  codingAttributes,
  decoderPath,
  descriptionPath,
  formatName,
  formatVersion,
  groupOf,
  headerAttributes,
  headerChecksum,
  type LatentCoding,
  type Latents,
  type Manifest,
  type ManifestFile,
  type ManifestVariable,
  manifestChecksum,
  manifestPath,
  type Payload,
  partNamesOf,
  partPath,
  payloadChecksum,
  type VariableDtype,
  type VariablePart,
  variablePath,
} from './format.js';

export class ArchiveReader {
  readonly path: string;
  /** The archive itself; what is stored of a file may be in another, see `sourceOf`. */
  readonly source: Source;
  /** By their names, where others hold the files of this one. */
  readonly #parts = new Map<string, Source>();
  readonly header: ArchiveHeader;
  readonly manifest: Manifest;

  /** Throws an InputError for other files, other versions, incomplete and damaged archives, also where a part is missing. */
  constructor(path: string) {
    this.path = path;
    this.source = openSource(path);
    try {
      expectFormat(this.source, path);
      this.header = readHeader(this.source, path);
      this.manifest = readManifest(this.source, path);
      for (const part of partNamesOf(this.manifest)) this.#parts.set(part, openPart(path, part));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Where all that is stored of a file stands, see `groupOf`: for copying what was not compressed. */
  sourceOf({ part }: ManifestFile): Source {
    return part === undefined ? this.source : this.#parts.get(part)!;
  }

  /**
   * Of an archive of latents: ONNX bytes, with inputs latent [batch, L] and scale [batch, 2] `dtype` and the output blocks
   * [batch, k, k, k] `dtype`.
   */
  decoder(dtype: VariableDtype): Uint8Array {
    const path = decoderPath(dtype);
    if (!this.source.has(path)) throw new InputError(`archive "${this.path}": no decoder for ${dtype} variables`);
    this.#expectModel(path);
    return this.source.readBytes(path);
  }

  /** Of an archive of latents: JSON. */
  description(): string {
    this.#expectModel(descriptionPath);
    return this.source.readText(descriptionPath);
  }

  /** A slab of a variable. Throws a SourceError where its checksum is another one. */
  payload(file: ManifestFile, variable: ManifestVariable, index: number): Payload {
    const slab = variable.slabs[index];
    const { coding } = this.header;
    const payload =
      coding.kind === 'latents'
        ? this.#latents(file, variable, index, coding)
        : { record: this.#record(file, variable, index) };
    const sum = payloadChecksum(payload);
    if (sum !== slab.crc32)
      throw damaged(this.sourceOf(file).path, variablePath(file.path, variable.path), slab.crc32, sum);
    return payload;
  }

  /** Throws a SourceError where a dataset of the model is not as it was written. */
  expectModel(): void {
    for (const dataset of this.manifest.model) this.#expect(this.source, dataset);
  }

  /** Throws a SourceError where what was copied of a file is not as it was written. */
  expectCopies(file: ManifestFile): void {
    this.expectStructure(file);
    for (const dataset of file.copied) this.expectCopy(file, dataset);
  }

  /** Its attributes and links. */
  expectStructure(file: ManifestFile): void {
    const { path, structure } = file;
    const source = this.sourceOf(file);
    const got = structureChecksum(source, groupOf(path));
    if (got !== structure) throw damaged(source.path, groupOf(path), structure, got, 'attributes or links');
  }

  /** One of its copied datasets. */
  expectCopy(file: ManifestFile, dataset: Checked): void {
    this.#expect(this.sourceOf(file), { ...dataset, path: groupOf(file.path) + dataset.path });
  }

  close(): void {
    for (const source of [this.source, ...this.#parts.values()]) source.close();
  }

  #expectModel(path: string): void {
    const checked = this.manifest.model.find((dataset) => dataset.path === path);
    if (!checked) throw new InputError(`archive "${this.path}": the manifest lacks "${path}"`);
    this.#expect(this.source, checked);
  }

  #expect(source: Source, { path, crc32: expected }: Checked): void {
    const got = checksum(source, path);
    if (got !== expected) throw damaged(source.path, path, expected, got);
  }

  #record(file: ManifestFile, { path, slabs }: ManifestVariable, index: number): Uint8Array {
    const start = sumOf(slabs, index, 'bytes');
    return this.sourceOf(file).readBytes(variablePath(file.path, path), [[start, start + (slabs[index].bytes ?? 0)]]);
  }

  #latents(file: ManifestFile, variable: ManifestVariable, index: number, coding: LatentCoding): Payload {
    const { slabs, path, dtype, block_size: k } = variable;
    const source = this.sourceOf(file);
    const range = (key: CountKey): Range => {
      const start = sumOf(slabs, index, key);
      return [start, start + (slabs[index][key] ?? 0)];
    };
    const rows = (part: VariablePart, along: Range, rowShape: readonly number[]) =>
      rowsOf(source, partPath(part, file.path, path), dtype, along, rowShape);
    return {
      code: codesOf(source, partPath('code', file.path, path), variable, range('blocks')),
      latent: latentRowsOf(source, variablePath(file.path, path), range('encoded'), coding),
      scale: rows('scale', range('encoded'), [2]),
      constant: rows('constant', range('constant'), []),
      exact: rows('exact', range('exact'), [k, k, k]),
    };
  }
}

/** Throws an InputError for other files, other versions, incomplete and damaged archives. */
export function openArchive(path: string): ArchiveReader {
  return new ArchiveReader(path);
}

function latentRowsOf(
  source: Source,
  path: string,
  [start, stop]: Range,
  { latentSize, latentType }: LatentCoding,
): Latents {
  const width = latentType === 'float32' ? 4 : 1;
  const planes =
    start === stop
      ? new Uint8Array(0)
      : source.readBytes(path, [
          [0, width],
          [0, latentSize],
          [start, stop],
        ]);
  const { buffer } = fromPlanes(planes, width, stop - start);
  if (latentType === 'float32') return new Float32Array(buffer);
  return latentType === 'int8' ? new Int8Array(buffer) : new Uint8Array(buffer);
}

function rowsOf(
  source: Source,
  path: string,
  dtype: VariableDtype,
  [start, stop]: Range,
  rowShape: readonly number[],
): Values {
  if (start === stop) return dtype === 'float32' ? new Float32Array(0) : new Float64Array(0);
  return source.readSlice(path, [[start, stop], ...rowShape.map((size): Range => [0, size])]);
}

function codesOf(source: Source, path: string, { slabs }: ManifestVariable, [start, stop]: Range): Uint8Array {
  const isEncodedOnly = slabs.every(({ blocks, encoded }) => encoded === blocks);
  if (isEncodedOnly || start === stop) return new Uint8Array(stop - start).fill(blockCode.encoded);
  return source.readBytes(path, [[start, stop]]);
}

function expectFormat(source: Source, path: string): void {
  if (source.attribute('/', 'format') !== formatName) throw new InputError(`archive "${path}": not a swae archive`);
  const version = plain(source.attribute('/', 'format_version'));
  if (version !== formatVersion) {
    throw new InputError(`archive "${path}": expected format version ${formatVersion}, got ${version}`, {
      hint: 'Read it with the version of swae that wrote it.',
    });
  }
  if (!source.has(manifestPath)) throw new InputError(`archive "${path}": incomplete, it has no manifest`);
}

/** Throws a SourceError that names both, where the part cannot be read, or is not beside the archive. */
function openPart(archive: string, part: string): Source {
  const of = `archive "${archive}": part "${part}" of it`;
  if (part.includes('/')) throw new SourceError(`${of} is not in its folder`);
  try {
    return openSource(beside(archive, part));
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    throw new SourceError(`${of} cannot be read: ${error.message}`, {
      cause: error,
      hint: 'The parts belong into one folder with the archive. Each is an archive too: the others can be read without this one.',
    });
  }
}

function readHeader(source: Source, path: string): ArchiveHeader {
  const [expected, got] = [
    plain(source.attribute('/', headerChecksum)),
    attributesChecksum(source, '/', headerChecksum),
  ];
  if (got !== expected) throw damaged(path, '/', expected, got, 'attributes');
  const read = (names: readonly (readonly [string, string])[]) =>
    Object.fromEntries(
      names.map(([name, key]) => [key, plain(source.attribute('/', name))]).filter(([, value]) => value !== undefined),
    );
  const kind = source.attribute('/', 'coding') as Coding['kind'];
  if (!Object.hasOwn(codingAttributes, kind))
    throw new InputError(
      `archive "${path}": expected coding ${Object.keys(codingAttributes).join(' or ')}, got ${kind}`,
    );
  const coding = { kind, ...read(codingAttributes[kind]) } as Coding;
  return { ...read(headerAttributes), coding } as ArchiveHeader;
}

function readManifest(source: Source, path: string): Manifest {
  const text = source.readText(manifestPath);
  const [expected, got] = [plain(source.attribute('/', manifestChecksum)), crc32(text)];
  if (got !== expected) throw damaged(path, manifestPath, expected, got);
  return JSON.parse(text);
}

function damaged(archive: string, path: string, expected: unknown, got: number, what = ''): SourceError {
  const of = what && ` of ${what}`;
  return new SourceError(`archive "${archive}:${path}": damaged: expected checksum${of} ${expected}, got ${got}`);
}

function plain(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}
