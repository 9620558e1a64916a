import { InputError, SourceError } from '../../errors.js';
import type { ArchiveModel } from '../../io/archive/archive-writer.js';
import { ArchiveWriter } from '../../io/archive/archive-writer.js';
import type { ArchiveHeader, Manifest } from '../../io/archive/format.js';
import { ReconstructionWriter } from '../../io/archive/reconstruction-writer.js';
import { openSource, type Source } from '../../io/hdf5/source.js';
import { bytesOf } from '../../io/variable-bytes.js';
import { qualityOf } from '../quality.js';
import { SurveyTable } from '../survey/survey-table.js';
import { addErrors, emptyErrors } from './error-sums.js';
import type { Plan, Unit } from './plan.js';
import type { ErrorSums, SlabFailure, SlabResult } from './result.js';

/** What became of a variable of a file. */
export interface VariableOutcome {
  readonly path: string;
  readonly rawBytes: number;
  storedBytes: number;
  /** Time of all ranks together. */
  seconds: number;
  readonly errors: ErrorSums;
}

/** Writes the results of units, which come in order, to the archive and to the reconstruction if there is one. */
export class Output {
  readonly outcomes: VariableOutcome[] = [];
  /** Messages about files and objects that were left out. */
  readonly complaints: string[] = [];
  /** Objects that were copied in another type: what of them, and the files where it was so. */
  readonly changed = new Map<string, string[]>();
  /** Bytes of the datasets that were copied as they are. */
  copiedBytes = 0;
  /** What the report shows, of the files that are not left out. */
  readonly surveys = new SurveyTable();
  readonly #plan: Plan;
  readonly #archive: ArchiveWriter;
  readonly #reconstruction: ReconstructionWriter | undefined;
  /** The file being written, or the next one. */
  #file = 0;
  #source: Source | undefined;
  /** Whether the file stands in the reconstruction. */
  #begun = false;
  /** The variable being written, or the next one. */
  #variable = 0;
  #outcome: VariableOutcome | undefined;
  #failed = false;
  /** Number of `outcomes` before the file being written. */
  #outcomesBefore = 0;
  #leftOut = 0;

  constructor(
    plan: Plan,
    archivePath: string,
    reconstructionPath: string | undefined,
    header: ArchiveHeader,
    model: ArchiveModel | undefined,
  ) {
    this.#plan = plan;
    this.#archive = new ArchiveWriter(archivePath, header, model);
    this.#reconstruction = reconstructionPath === undefined ? undefined : new ReconstructionWriter(reconstructionPath);
  }

  write({ file, variable, slab }: Unit, result: SlabResult | SlabFailure): void {
    this.#advance(file, variable);
    if ('failure' in result && !this.#failed) this.#failFile(result.failure);
    if ('failure' in result || this.#failed) return;
    this.#orFail(() => this.#openVariable());
    if (this.#failed) return;
    const outcome = this.#outcome!;
    this.#archive.append(result.payload, slab.blockCount);
    if (result.values) this.#reconstruction?.write(slab.owned, result.values);
    for (const section of Object.values(result.payload)) outcome.storedBytes += section.byteLength;
    outcome.seconds += result.seconds;
    addErrors(outcome.errors, result.errors);
    const { name, variables } = this.#plan.files[file];
    if (result.survey) this.surveys.add(name, variables[variable].path, result.survey);
  }

  /** Throws InputError where no file could be read: there is nothing to keep; and where the disk is full. */
  finish(): Manifest {
    this.#advance(this.#plan.files.length, 0);
    if (this.#leftOut === this.#plan.files.length) throw new InputError(this.complaints.join('\n'));
    this.#reconstruction?.finish();
    return this.#archive.finish();
  }

  /** Leaves no file behind. */
  discard(): void {
    this.#source?.close();
    this.#archive.discard();
    this.#reconstruction?.discard();
  }

  /** Closes all that lies before this variable of this file, and goes there; variables without blocks are opened too. */
  #advance(file: number, variable: number): void {
    while (this.#file < file) {
      this.#openFile();
      this.#closeVariablesBefore(this.#plan.files[this.#file].variables.length);
      this.#closeFile();
    }
    if (file === this.#plan.files.length) return;
    this.#openFile();
    this.#closeVariablesBefore(variable);
  }

  #closeVariablesBefore(variable: number): void {
    this.#orFail(() => {
      while (!this.#failed && this.#variable < variable) {
        this.#openVariable();
        this.#closeVariable();
      }
    });
  }

  /** A source that cannot be read costs its file alone; what cannot be written ends the run. */
  #orFail(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      this.#failFile(error.message);
    }
  }

  #openFile(): void {
    if (this.#source || this.#failed) return;
    const { path, name, variables, failure } = this.#plan.files[this.#file];
    if (failure !== undefined) {
      this.#failFile(failure);
      return;
    }
    const paths = variables.map((variable) => variable.path);
    this.#orFail(() => {
      const source = openSource(path);
      this.#source = source;
      this.#archive.beginFile(this.#plan.files[this.#file], source, paths);
      this.#reconstruction?.beginFile(source, '', `/${name}`, paths);
      this.#begun = true;
    });
  }

  #closeFile(): void {
    if (!this.#failed) this.#endFile();
    this.#source?.close();
    this.#source = undefined;
    this.#failed = false;
    this.#begun = false;
    this.#outcomesBefore = this.outcomes.length;
    this.#variable = 0;
    this.#file++;
  }

  #endFile(): void {
    this.#reconstruction?.endFile();
    const { problems, copied } = this.#archive.endFile();
    const { path } = this.#plan.files[this.#file];
    for (const dataset of copied) this.copiedBytes += this.#source!.byteLength(dataset.path);
    for (const problem of problems) {
      const what = `${problem.path}": ${problem.reason}`;
      if (problem.kind === 'lost') this.complaints.push(`hdf5 "${path}:${what}`);
      else this.changed.set(what, [...(this.changed.get(what) ?? []), path]);
    }
  }

  #failFile(reason: string): void {
    this.#archive.failFile(this.#plan.files[this.#file], reason);
    if (this.#begun) this.#reconstruction?.failFile(reason);
    this.complaints.push(reason);
    // What was done of it is not counted.
    this.outcomes.length = this.#outcomesBefore;
    this.surveys.remove(this.#plan.files[this.#file].name);
    this.#leftOut++;
    this.#failed = true;
    this.#outcome = undefined;
  }

  #openVariable(): void {
    if (this.#outcome) return;
    const variable = this.#plan.files[this.#file].variables[this.#variable];
    this.#archive.beginVariable(this.#source!.dataset(variable.path), variable.blockSize);
    this.#reconstruction?.beginVariable(variable);
    const { path } = variable;
    this.#outcome = { path, rawBytes: bytesOf(variable), storedBytes: 0, seconds: 0, errors: emptyErrors() };
  }

  #closeVariable(): void {
    const outcome = this.#outcome!;
    const { maxError, rmse, psnr, range } = qualityOf(outcome.errors);
    this.#archive.endVariable({ max_abs: maxError, rmse, psnr, range });
    this.#reconstruction?.endVariable();
    this.outcomes.push(outcome);
    this.#outcome = undefined;
    this.#variable++;
  }
}
