import { GrowingDataset } from '../hdf5/growing-dataset.js';
import type { DatasetInfo } from '../hdf5/source.js';
import type { Writer } from '../hdf5/writer.js';
import {
  type Coding,
  type LatentPayload,
  type LatentType,
  type ManifestSlab,
  type Payload,
  partPath,
  payloadChecksum,
  type VariableDtype,
  variablePath,
} from './format.js';

/** The datasets of one compressed variable, filled slab by slab. */
export class VariableWriter {
  readonly info: DatasetInfo;
  readonly blockSize: number;
  readonly slabs: ManifestSlab[] = [];
  readonly #store: LatentStore | RecordStore;

  constructor(writer: Writer, file: string, info: DatasetInfo, blockSize: number, coding: Coding) {
    this.info = info;
    this.blockSize = blockSize;
    this.#store =
      coding.kind === 'latents'
        ? new LatentStore(writer, file, info, blockSize, coding)
        : new RecordStore(writer, file, info);
  }

  append(payload: Payload, blocks: number): void {
    const stored = this.#store.append(payload, blocks);
    this.slabs.push({ blocks, crc32: payloadChecksum(payload), ...stored });
  }

  end(): void {
    this.#store.end();
  }
}

/** Records, one after the other. */
class RecordStore {
  readonly #records: GrowingDataset;

  constructor(writer: Writer, file: string, { path }: DatasetInfo) {
    this.#records = new GrowingDataset(writer, variablePath(file, path), 'uint8', [], { required: true });
  }

  append(payload: Payload, _blocks: number): Partial<ManifestSlab> {
    if (!('record' in payload)) throw new TypeError('archive: expected a record, got latents');
    this.#records.append(payload.record);
    return { bytes: payload.record.length };
  }

  end(): void {
    this.#records.end();
  }
}

/** Levels: latents are large and give little, the rest is small and gives much. */
const deflate = { latent: 4, rest: 9 } as const;
const dtypes = { float32: 'float32', float8: 'uint8', int8: 'int8' } as const satisfies Record<LatentType, string>;

/** Latents, and what belongs to them. */
class LatentStore {
  readonly #path: string;
  readonly #latent: GrowingDataset;
  readonly #scale: GrowingDataset;
  readonly #code: GrowingDataset;
  readonly #constant: GrowingDataset;
  readonly #exact: GrowingDataset;
  /** Blocks whose codes, all 0, are not written yet. */
  #encodedOnly = 0;

  constructor(
    writer: Writer,
    file: string,
    { path, dtype }: DatasetInfo,
    blockSize: number,
    { latentSize, latentType }: Extract<Coding, { kind: 'latents' }>,
  ) {
    const grow = (part: Parameters<typeof partPath>[0], type: 'uint8' | VariableDtype, shape: number[]) =>
      new GrowingDataset(writer, partPath(part, file, path), type, shape, { deflate: deflate.rest });
    const options = { deflate: deflate.latent, required: true, planes: true };
    this.#path = path;
    this.#latent = new GrowingDataset(writer, variablePath(file, path), dtypes[latentType], [latentSize], options);
    this.#scale = grow('scale', dtype as VariableDtype, [2]);
    this.#code = grow('code', 'uint8', []);
    this.#constant = grow('constant', dtype as VariableDtype, []);
    this.#exact = grow('exact', dtype as VariableDtype, [blockSize, blockSize, blockSize]);
  }

  append(payload: Payload, blocks: number): Partial<ManifestSlab> {
    if ('record' in payload) throw new TypeError('archive: expected latents, got a record');
    const before = this.#rows();
    this.#latent.append(payload.latent);
    this.#scale.append(payload.scale);
    this.#constant.append(payload.constant);
    this.#exact.append(payload.exact);
    const after = this.#rows();
    const [encoded, constant, exact] = after.map((rows, i) => rows - before[i]);
    if (encoded + constant + exact !== blocks || payload.code.length !== blocks || this.#scale.rows !== after[0])
      throw new RangeError(
        `variable "${this.#path}": ${blocks} blocks, but rows for ${encoded} + ${constant} + ${exact}`,
      );
    this.#appendCode(payload, encoded === blocks);
    return { encoded, constant, exact };
  }

  end(): void {
    for (const dataset of [this.#latent, this.#scale, this.#code, this.#constant, this.#exact]) dataset.end();
  }

  #rows(): [number, number, number] {
    return [this.#latent.rows, this.#constant.rows, this.#exact.rows];
  }

  /** There are no codes of a variable whose blocks are all encoded. */
  #appendCode({ code }: LatentPayload, isEncodedOnly: boolean): void {
    if (isEncodedOnly && this.#code.rows === 0) {
      this.#encodedOnly += code.length;
      return;
    }
    this.#code.append(new Uint8Array(this.#encodedOnly));
    this.#encodedOnly = 0;
    this.#code.append(code);
  }
}
