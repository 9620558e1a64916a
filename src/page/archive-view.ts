/** An archive of the server, decoded as it is looked at; runs in the worker. */
import { archiveSlabs, decoderOf } from '../decode/archive-decoder.js';
import { decodeSlab, type SlabDecoder } from '../decode/slab-decoder.js';
import { type ArchiveReader, openArchive } from '../io/archive/archive-reader.js';
import { blockCode, groupOf, type ManifestFile, type ManifestVariable, type Payload } from '../io/archive/format.js';
import type { Slab, Values } from '../io/blocks.js';
import { length, product } from '../io/boxes.js';
import { openSource, type Source } from '../io/hdf5/source.js';
import { type Octants, readOctants } from '../io/octants.js';
import type { Octant, Opened, Request, Served, Shown } from './messages.js';
import { copyPlane, overlap, type Plane, planeBox } from './plane.js';
import { mountRemoteFile } from './remote-file.js';
import { extremesOf, planeAxes, type Slice } from './slice.js';

interface DecodedSlab {
  readonly payload: Payload;
  /** Of the slab's owned box. */
  readonly values: Values;
}

/** Bytes of decoded slabs that are kept, the latest ones: some 16 MB each. */
const keptBytes = 256e6;

const storages = Object.keys(blockCode) as (keyof typeof blockCode)[];

export class ArchiveView {
  readonly #archive: ArchiveReader;
  readonly #served: Served;
  readonly #decoders = new Map<number, SlabDecoder>();
  readonly #slabs = new Map<string, DecodedSlab>();
  readonly #octants = new Map<string, Octants>();
  readonly #sources = new Map<string, Source>();

  /** Throws an InputError where it is no archive, or damaged. */
  constructor(served: Served) {
    this.#served = served;
    mountRemoteFile(served.archive.name, served.archive.url, served.archive.bytes);
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
    const slabs = archiveSlabs(this.#archive, variable);
    const wanted = planeBox(shape, request);
    const parts: { slab: Slab; decoded: DecodedSlab }[] = [];
    const reconstruction = emptyPlane(variable, request);
    for (const [index, slab] of slabs.entries()) {
      if (!overlap(slab.owned, wanted)) continue;
      const decoded = await this.#decoded(file, variable, index, slab);
      copyPlane(decoded.values, slab.owned, shape, request, reconstruction);
      parts.push({ slab, decoded });
    }
    const original = this.#original(file, variable, request);
    return {
      reconstruction,
      original,
      ...(parts.length === 1 ? wholeVolume(parts[0]!.slab, parts[0]!.decoded, variable, request) : {}),
      octant: this.#octant(file, variable, request),
    };
  }

  async #decoded(file: ManifestFile, variable: ManifestVariable, index: number, slab: Slab): Promise<DecodedSlab> {
    const key = JSON.stringify([file.path, variable.path, index]);
    const decoded = this.#slabs.get(key) ?? (await this.#decode(file, variable, index, slab));
    this.#slabs.delete(key);
    this.#slabs.set(key, decoded);
    let bytes = [...this.#slabs.values()].reduce((sum, { values }) => sum + values.byteLength, 0);
    for (const [oldest, { values }] of this.#slabs) {
      if (bytes <= keptBytes || oldest === key) break;
      this.#slabs.delete(oldest);
      bytes -= values.byteLength;
    }
    return decoded;
  }

  async #decode(file: ManifestFile, variable: ManifestVariable, index: number, slab: Slab): Promise<DecodedSlab> {
    const { path, dtype, block_size: blockSize } = variable;
    if (!this.#decoders.has(blockSize)) this.#decoders.set(blockSize, decoderOf(this.#archive, blockSize, 1));
    const payload = this.#archive.payload(file, variable, index);
    const values = await decodeSlab(this.#decoders.get(blockSize)!, payload, { path, dtype, blockSize }, slab);
    return { payload, values };
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
    if (!this.#octants.has(key)) this.#octants.set(key, readOctants(this.#archive.source, key, shape));
    const { levels, origins, sizes } = this.#octants.get(key)!;
    if (!levels && !origins && !sizes) return undefined;
    const origin = origins && [...origins.subarray(3 * volume, 3 * volume + 3)];
    return { level: levels?.[volume], origin, size: sizes?.[volume] };
  }
}

/** What is known of the volume where one slab has all of it. */
function wholeVolume(
  { owned }: Slab,
  { payload, values }: DecodedSlab,
  { shape, block_size: k }: ManifestVariable,
  { volume }: Plane,
): Pick<Shown, 'extremes' | 'storage'> {
  const space = shape.slice(-3);
  if (owned.slice(-3).some((range, i) => length(range) < space[i]!)) return {};
  const size = product(space);
  const isBlock = space.every((extent) => extent <= k);
  // The volumes of a slab are contiguous.
  const start = volume - firstVolume(owned, shape);
  const code = isBlock && 'code' in payload ? payload.code[start]! : undefined;
  return {
    extremes: extremesOf(values.subarray(start * size, (start + 1) * size)),
    storage: code === undefined ? undefined : storages.find((name) => blockCode[name] === code),
  };
}

function firstVolume(owned: Slab['owned'], shape: readonly number[]): number {
  return owned.slice(0, -3).reduce((sum, [start], i) => sum * shape[i]! + start, 0);
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
