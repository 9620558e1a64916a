/** An archive of the server, decoded as it is looked at; runs in the worker. */
import { archiveSlabs, decoderOf } from '../decode/archive-decoder.js';
import { partOf } from '../decode/payload-part.js';
import type { SlabDecoder } from '../decode/slab-decoder.js';
import { type ArchiveReader, openArchive } from '../io/archive/archive-reader.js';
import { blockCode, groupOf, type ManifestFile, type ManifestVariable, type Payload } from '../io/archive/format.js';
import { merge, type Slab, slabs, tiling, type Values } from '../io/blocks.js';
import { type Box, length, type Range } from '../io/boxes.js';
import { openSource, type Source } from '../io/hdf5/source.js';
import { type Octants, readOctants } from '../io/octants.js';
import { Latest } from './latest.js';
import type { Octant, Opened, Request, Served, Shown } from './messages.js';
import { copyPlane, overlap, type Plane, planeBox, volumeBox } from './plane.js';
import { mountRemoteFile } from './remote-file.js';
import { extremesOf, planeAxes, type Slice } from './slice.js';

/** What has been decoded of a slab. */
interface Decoded {
  /** Of the variable. */
  readonly box: Box;
  readonly values: Values;
  readonly storage?: Shown['storage'];
}

/** Of the latest payloads, and of the latest blocks decoded. */
const keptBytes = 128e6;

const storages = Object.keys(blockCode) as (keyof typeof blockCode)[];

export class ArchiveView {
  readonly #archive: ArchiveReader;
  readonly #served: Served;
  readonly #decoders = new Map<number, SlabDecoder>();
  readonly #payloads = new Latest<Payload>(keptBytes, payloadBytes);
  readonly #blocks = new Latest<Values>(keptBytes, ({ byteLength }) => byteLength);
  readonly #octants = new Map<string, Octants>();
  readonly #sources = new Map<string, Source>();

  /** Throws an InputError where it is no archive, or damaged. */
  constructor(served: Served) {
    this.#served = served;
    for (const { name, url, bytes } of [served.archive, ...served.parts]) mountRemoteFile(name, url, bytes);
    this.#archive = openArchive(served.archive.name);
  }

  get opened(): Opened {
    return { header: this.#archive.header, manifest: this.#archive.manifest };
  }

  /** Throws a SourceError where what is stored of the plane is damaged. */
  async show(request: Request): Promise<Shown> {
    const file = this.#archive.manifest.files[request.file]!;
    const variable = file.variables[request.variable]!;
    const { shape } = variable;
    const wanted = planeBox(shape, request);
    const parts: Decoded[] = [];
    const reconstruction = emptyPlane(variable, request);
    for (const [index, slab] of archiveSlabs(this.#archive, variable).entries()) {
      if (!overlap(slab.owned, wanted)) continue;
      const part = await this.#decode(file, variable, index, slab, request);
      copyPlane(part.values, part.box, shape, request, reconstruction);
      parts.push(part);
    }
    const [first] = parts;
    return {
      reconstruction,
      original: this.#original(file, variable, request),
      // Of a volume in several slabs not all need be there.
      extremes: first && hasWholeVolumes(first.box, shape) ? extremesOf(first.values) : undefined,
      storage: first?.storage,
      octant: this.#octant(file, variable, request),
    };
  }

  /** The volume of the plane, where the slab has the whole of it; else all that the slab has. */
  async #decode(
    file: ManifestFile,
    variable: ManifestVariable,
    index: number,
    slab: Slab,
    { volume }: Plane,
  ): Promise<Decoded> {
    const { shape, block_size: k } = variable;
    const key = JSON.stringify([file.path, variable.path, index]);
    const payload = this.#payloads.get(key) ?? this.#payloads.add(key, this.#archive.payload(file, variable, index));
    if (!hasWholeVolumes(slab.owned, shape)) {
      const blocks = await this.#blocksOf(key, payload, variable, [0, slab.blockCount], slab.blockCount);
      return { box: slab.owned, values: merge(blocks, slab) };
    }
    const { blocksPerVolume } = tiling(shape, k);
    const first = volume * blocksPerVolume - slab.firstBlock;
    const blocks = await this.#blocksOf(key, payload, variable, [first, first + blocksPerVolume], slab.blockCount);
    const [alone] = slabs(shape.slice(-3), k, {
      bytesPerValue: blocks.BYTES_PER_ELEMENT,
      maxBytes: Number.MAX_SAFE_INTEGER,
    });
    const code = blocksPerVolume === 1 && 'code' in payload ? payload.code[first] : undefined;
    return {
      box: volumeBox(shape, volume),
      values: merge(blocks, alone!),
      storage: storages.find((name) => blockCode[name] === code),
    };
  }

  /** Blocks `wanted` of a slab of `count`. */
  async #blocksOf(
    slabKey: string,
    payload: Payload,
    { path, dtype, block_size: blockSize }: ManifestVariable,
    wanted: Range,
    count: number,
  ): Promise<Values> {
    if (!this.#decoders.has(blockSize))
      this.#decoders.set(blockSize, decoderOf(this.#archive, blockSize, { threads: 1 }));
    const part = partOf(payload, wanted, count);
    const key = `${slabKey} ${part.blocks}`;
    const variable = { path, dtype, blockSize };
    const blocks =
      this.#blocks.get(key) ??
      this.#blocks.add(key, await this.#decoders.get(blockSize)!.decode(part.payload, variable, length(part.blocks)));
    const [first, stop] = wanted.map((block) => (block - part.blocks[0]) * blockSize ** 3) as [number, number];
    return blocks.subarray(first, stop);
  }

  /** Undefined where the source is not there, or another one. */
  #original(file: ManifestFile, { path, dtype, shape }: ManifestVariable, plane: Plane): Slice | undefined {
    const served = this.#served.sources.find(({ name }) => name === file.path);
    if (!served) return undefined;
    let source = this.#sources.get(file.path);
    if (!source) {
      const name = `source/${served.name}`;
      mountRemoteFile(name, served.url, served.bytes);
      source = openSource(name);
      this.#sources.set(file.path, source);
    }
    if (!source.has(path)) return undefined;
    const dataset = source.dataset(path);
    if (dataset.dtype !== dtype || dataset.shape.join() !== shape.join()) return undefined;
    return { ...planeExtent(shape, plane), values: source.readSlice(path, planeBox(shape, plane)) };
  }

  #octant(file: ManifestFile, { path, shape }: ManifestVariable, { volume }: Plane): Octant | undefined {
    const key = groupOf(file.path) + path;
    if (!this.#octants.has(key)) this.#octants.set(key, readOctants(this.#archive.sourceOf(file), key, shape));
    const { levels, origins, sizes } = this.#octants.get(key)!;
    if (!levels && !origins && !sizes) return undefined;
    const origin = origins && [...origins.subarray(3 * volume, 3 * volume + 3)];
    return { level: levels?.[volume], origin, size: sizes?.[volume] };
  }
}

function hasWholeVolumes(box: Box, shape: readonly number[]): boolean {
  return box.slice(-3).every((range, i) => length(range) === shape.at(i - 3));
}

function payloadBytes(payload: Payload): number {
  const parts = 'record' in payload ? [payload.record] : [payload.latent, payload.scale, payload.exact];
  return parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

function emptyPlane(variable: ManifestVariable, plane: Plane): Slice {
  const extent = planeExtent(variable.shape, plane);
  const size = extent.rows * extent.columns;
  return { ...extent, values: variable.dtype === 'float64' ? new Float64Array(size) : new Float32Array(size) };
}

function planeExtent(shape: readonly number[], { axis }: Plane): { rows: number; columns: number } {
  const [rows, columns] = planeAxes(axis).map((other) => shape.at(other - 3)!) as [number, number];
  return { rows, columns };
}
