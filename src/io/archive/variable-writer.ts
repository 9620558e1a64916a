import { GrowingDataset } from '../hdf5/growing-dataset.js';
import type { DatasetInfo } from '../hdf5/source.js';
import type { Writer } from '../hdf5/writer.js';
import { blockCode, type Payload, partPath, type VariableDtype, type VariablePart } from './format.js';

/** Levels: latents are large and give little, codes are small and give much. */
const deflate = { latent: 4, scale: 9, code: 9 } as const;
const zeros = new Uint8Array(2 ** 20);

/** The datasets of one compressed variable, filled block by block. */
export class VariableWriter {
  readonly info: DatasetInfo;
  readonly #latent: GrowingDataset;
  readonly #scale: GrowingDataset;
  readonly #code: GrowingDataset;
  readonly #constant: GrowingDataset;
  readonly #exact: GrowingDataset;
  #blocks = 0;

  constructor(writer: Writer, file: string, info: DatasetInfo, blockSize: number, latentSize: number) {
    const dtype = info.dtype as VariableDtype;
    const at = (part: VariablePart) => partPath(part, file, info.path);
    this.info = info;
    this.#latent = new GrowingDataset(writer, at('latent'), 'float32', [latentSize], {
      deflate: deflate.latent,
      required: true,
    });
    this.#scale = new GrowingDataset(writer, at('scale'), dtype, [2], { deflate: deflate.scale });
    this.#code = new GrowingDataset(writer, at('code'), 'uint8', [], { deflate: deflate.code });
    this.#constant = new GrowingDataset(writer, at('constant'), dtype, []);
    this.#exact = new GrowingDataset(writer, at('exact'), dtype, [blockSize, blockSize, blockSize]);
  }

  append({ code, latent, scale, constant, exact }: Payload): void {
    this.#appendCode(code);
    this.#latent.append(latent);
    this.#scale.append(scale);
    this.#constant.append(constant);
    this.#exact.append(exact);
    const rows = this.#latent.rows + this.#constant.rows + this.#exact.rows;
    if (rows !== this.#blocks || this.#scale.rows !== this.#latent.rows) {
      throw new RangeError(`variable "${this.info.path}": ${this.#blocks} blocks, but rows for ${rows}`);
    }
  }

  end() {
    this.#latent.end();
    this.#scale.end();
    this.#code.end();
    this.#constant.end();
    this.#exact.end();
    const { blocks, encoded, constant, exact } = {
      blocks: this.#blocks,
      encoded: this.#latent.rows,
      constant: this.#constant.rows,
      exact: this.#exact.rows,
    };
    return { blocks, encoded, constant, exact };
  }

  /** The dataset begins, with all codes so far, at the first block that is not encoded. */
  #appendCode(code: Uint8Array): void {
    if (this.#code.rows === 0 && code.some((value) => value !== blockCode.encoded)) {
      for (let row = 0; row < this.#blocks; row += zeros.length)
        this.#code.append(zeros.subarray(0, this.#blocks - row));
    }
    this.#blocks += code.length;
    if (this.#code.rows > 0 || code.some((value) => value !== blockCode.encoded)) this.#code.append(code);
  }
}
