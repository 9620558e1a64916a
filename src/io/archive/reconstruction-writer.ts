import type { Values } from '../blocks.js';
import { type Box, product, volume } from '../boxes.js';
import { copyAttributes, copyTree, type TreeCopy } from '../hdf5/copy.js';
import type { CopyProblem } from '../hdf5/problem.js';
import type { Source } from '../hdf5/source.js';
import { chunksFor, Writer } from '../hdf5/writer.js';
import { leftOutAttribute, type VariableDtype } from './format.js';

/** A variable as it was in its source; `scales` if it is read from an archive. */
export interface ReconstructedVariable {
  readonly path: string;
  readonly dtype: VariableDtype;
  readonly shape: readonly number[];
  readonly scales?: readonly (readonly string[])[];
}

interface OpenFile {
  readonly source: Source;
  readonly from: string;
  readonly to: string;
  readonly copy: TreeCopy;
  readonly problems: CopyProblem[];
  readonly scales: Map<string, readonly (readonly string[])[] | undefined>;
}

/** Writes HDF5 files like the sources: `all_variables_reconstructed.h5` with a group for each, or one file for one source. */
export class ReconstructionWriter {
  readonly #writer: Writer;
  #file: OpenFile | undefined;
  #variable: ReconstructedVariable | undefined;
  #created = false;

  constructor(path: string) {
    this.#writer = new Writer(path);
  }

  /**
   * Copies everything but the `variables` from the group `from` of `source` ('' for a source file itself, `groupOf(file)` for
   * an archive) to the group `to` ('' for the root, `/run/a.h5`, …).
   */
  beginFile(source: Source, from: string, to: string, variables: readonly string[]): void {
    const copy = copyTree(source, this.#writer, { from, to, skip: new Set(variables) });
    this.#file = { source, from, to, copy, problems: [], scales: new Map() };
  }

  beginVariable(variable: ReconstructedVariable): void {
    this.#openFile().scales.set(variable.path, variable.scales);
    this.#variable = variable;
    this.#created = false;
  }

  /** Values of a box of the variable, e.g. a slab's `owned`. A variable given at once is stored contiguously. */
  write(box: Box, values: Values): void {
    const { path, shape, dtype } = this.#openVariable();
    const target = this.#openFile().to + path;
    if (!this.#created && volume(box) === product(shape)) {
      this.#writer.writeDataset(target, dtype, shape, values);
    } else {
      if (!this.#created)
        this.#writer.createDataset(target, dtype, shape, { chunks: chunksFor(shape, values.BYTES_PER_ELEMENT) });
      this.#writer.writeSlice(target, box, values);
    }
    this.#created = true;
  }

  endVariable(): void {
    const { path, shape, dtype } = this.#openVariable();
    const { source, from, to, problems } = this.#openFile();
    if (!this.#created) this.#writer.createDataset(to + path, dtype, shape, { chunks: chunksFor(shape, 8) });
    problems.push(...copyAttributes(source, from + path, this.#writer, to + path));
    this.#variable = undefined;
  }

  endFile(): CopyProblem[] {
    const { copy, problems, scales } = this.#openFile();
    this.#file = undefined;
    return [...copy.finish((path) => scales.get(path)), ...problems];
  }

  /** Leaves the file begun as it is: what stands of it says by an attribute that it is not whole. */
  failFile(reason: string): void {
    this.#writer.writeAttribute(this.#openFile().to || '/', leftOutAttribute, reason);
    this.#file = undefined;
    this.#variable = undefined;
  }

  finish(): void {
    this.#writer.finish();
  }

  discard(): void {
    this.#writer.discard();
  }

  #openFile(): OpenFile {
    if (this.#file === undefined) throw new Error('reconstruction: no file was begun');
    return this.#file;
  }

  #openVariable(): ReconstructedVariable {
    if (this.#variable === undefined) throw new Error('reconstruction: no variable was begun');
    return this.#variable;
  }
}
