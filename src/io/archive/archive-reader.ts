import { crc32 } from 'node:zlib';
import { InputError, SourceError } from '../../errors.js';
import type { Values } from '../blocks.js';
import type { Range } from '../boxes.js';
import { attributesChecksum, checksum, structureChecksum } from '../hdf5/checksum.js';
import { fromPlanes } from '../hdf5/planes.js';
import { openSource, type Source } from '../hdf5/source.js';
import {
  type ArchiveHeader,
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
  type ManifestSlab,
  type ManifestVariable,
  manifestChecksum,
  manifestPath,
  type Payload,
  partPath,
  payloadChecksum,
  type VariableDtype,
  type VariablePart,
  variablePath,
} from './format.js';

export class ArchiveReader {
  readonly path: string;
  /** For copying what was not compressed: see `groupOf`. */
  readonly source: Source;
  readonly header: ArchiveHeader;
  readonly manifest: Manifest;

  /** Throws an InputError for other files, other versions, incomplete and damaged archives. */
  constructor(path: string) {
    this.path = path;
    this.source = openSource(path);
    try {
      expectFormat(this.source, path);
      this.header = readHeader(this.source, path);
      this.manifest = readManifest(this.source, path);
    } catch (error) {
      this.source.close();
      throw error;
    }
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
    if (sum !== slab.crc32) throw damaged(this.path, variablePath(file.path, variable.path), slab.crc32, sum);
    return payload;
  }

  /** Throws a SourceError where a dataset of the model is not as it was written. */
  expectModel(): void {
    for (const dataset of this.manifest.model) this.#expect(dataset);
  }

  /** Throws a SourceError where what was copied of a file is not as it was written. */
  expectCopies(file: ManifestFile): void {
    this.expectStructure(file);
    for (const dataset of file.copied) this.expectCopy(file, dataset);
  }

  /** Its attributes and links. */
  expectStructure({ path, structure }: ManifestFile): void {
    const got = structureChecksum(this.source, groupOf(path));
    if (got !== structure) throw damaged(this.path, groupOf(path), structure, got, 'attributes or links');
  }

  /** One of its copied datasets. */
  expectCopy({ path }: ManifestFile, dataset: Checked): void {
    this.#expect({ ...dataset, path: groupOf(path) + dataset.path });
  }

  close(): void {
    this.source.close();
  }

  #expectModel(path: string): void {
    const checked = this.manifest.model.find((dataset) => dataset.path === path);
    if (!checked) throw new InputError(`archive "${this.path}": the manifest lacks "${path}"`);
    this.#expect(checked);
  }

  #expect({ path, crc32: expected }: Checked): void {
    const got = checksum(this.source, path);
    if (got !== expected) throw damaged(this.path, path, expected, got);
  }

  #record(file: ManifestFile, { path, slabs }: ManifestVariable, index: number): Uint8Array {
    const start = sumOf(slabs, index, 'bytes');
    return this.source.readBytes(variablePath(file.path, path), [[start, start + (slabs[index].bytes ?? 0)]]);
  }

  #latents(file: ManifestFile, variable: ManifestVariable, index: number, coding: LatentCoding): Payload {
    const { slabs, path, dtype, block_size: k } = variable;
    const range = (key: CountKey): Range => {
      const start = sumOf(slabs, index, key);
      return [start, start + (slabs[index][key] ?? 0)];
    };
    const rows = (part: VariablePart, along: Range, rowShape: readonly number[]) =>
      this.#rows(partPath(part, file.path, path), dtype, along, rowShape);
    return {
      code: this.#code(partPath('code', file.path, path), variable, range('blocks')),
      latent: this.#latentRows(variablePath(file.path, path), range('encoded'), coding),
      scale: rows('scale', range('encoded'), [2]),
      constant: rows('constant', range('constant'), []),
      exact: rows('exact', range('exact'), [k, k, k]),
    };
  }

  #latentRows(path: string, [start, stop]: Range, { latentSize, latentType }: LatentCoding): Latents {
    const width = latentType === 'float32' ? 4 : 1;
    const planes =
      start === stop
        ? new Uint8Array(0)
        : this.source.readBytes(path, [
            [0, width],
            [0, latentSize],
            [start, stop],
          ]);
    const { buffer } = fromPlanes(planes, width, stop - start);
    if (latentType === 'float32') return new Float32Array(buffer);
    return latentType === 'int8' ? new Int8Array(buffer) : new Uint8Array(buffer);
  }

  #rows(path: string, dtype: VariableDtype, [start, stop]: Range, rowShape: readonly number[]): Values {
    if (start === stop) return dtype === 'float32' ? new Float32Array(0) : new Float64Array(0);
    return this.source.readSlice(path, [[start, stop], ...rowShape.map((size): Range => [0, size])]);
  }

  #code(path: string, { slabs }: ManifestVariable, [start, stop]: Range): Uint8Array {
    const isEncodedOnly = slabs.every(({ blocks, encoded }) => encoded === blocks);
    if (isEncodedOnly || start === stop) return new Uint8Array(stop - start).fill(blockCode.encoded);
    return this.source.readBytes(path, [[start, stop]]);
  }
}

type CountKey = Exclude<keyof ManifestSlab, 'crc32'>;

/** Throws an InputError for other files, other versions, incomplete and damaged archives. */
export function openArchive(path: string): ArchiveReader {
  return new ArchiveReader(path);
}

/** How many of a variable's blocks are stored in each way; of records only how many there are. */
export function countBlocks({ slabs }: ManifestVariable): Record<'blocks' | 'encoded' | 'constant' | 'exact', number> {
  const count = (key: CountKey) => sumOf(slabs, slabs.length, key);
  return { blocks: count('blocks'), encoded: count('encoded'), constant: count('constant'), exact: count('exact') };
}

function sumOf(slabs: readonly ManifestSlab[], end: number, key: CountKey): number {
  let sum = 0;
  for (let index = 0; index < end; index++) sum += slabs[index][key] ?? 0;
  return sum;
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
