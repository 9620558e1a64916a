import { openSource, type Source } from '../../io/hdf5/source.js';

/** Keeps the source open that was asked for last: units of a file follow each other. */
export class OpenFile {
  #source: Source | undefined;

  open(path: string): Source {
    if (this.#source?.path !== path) {
      this.close();
      this.#source = openSource(path);
    }
    return this.#source!;
  }

  close(): void {
    this.#source?.close();
    this.#source = undefined;
  }
}
