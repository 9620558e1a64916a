import { SourceError } from '../../errors.js';
import type { ArchiveModel } from '../../io/archive/archive-writer.js';
import { ArchiveWriter } from '../../io/archive/archive-writer.js';
import type { ArchiveHeader } from '../../io/archive/format.js';
import { ReconstructionWriter } from '../../io/archive/reconstruction-writer.js';
import { removeUnfinished } from '../../io/atomic-file.js';
import { openSource, type Source } from '../../io/hdf5/source.js';
import { bytesOf } from '../../io/variable-bytes.js';
import { qualityOf } from '../quality.js';
import { SurveyTable } from '../survey/survey-table.js';
import { addErrors, emptyErrors } from './error-sums.js';
import type { Plan, PlannedFile, Unit } from './plan.js';
import type { ErrorSums, SlabFailure, SlabResult } from './result.js';
import type { Wants } from './worker.js';
import type { Written } from './written.js';

/** What became of a variable of a file. */
export interface VariableOutcome {
  readonly path: string;
  readonly rawBytes: number;
  storedBytes: number;
  /** Time of all ranks together. */
  seconds: number;
  /** Undefined where they were not measured. */
  readonly errors: ErrorSums | undefined;
}

/** As the manifest has it. */
function recordOf(errors: ErrorSums): Readonly<Record<string, number>> {
  const { maxError, rmse, psnr, range } = qualityOf(errors);
  return { max_abs: maxError, rmse, psnr, range };
}

/**
 * Writes the results of units of some of the files, which come in order, to the archive and to the reconstruction if there is one: of all files, or
 * of one writer's.
 */
export class Output {
  readonly #outcomes: VariableOutcome[] = [];
  readonly complaints: string[] = [];
  readonly #changed = new Map<string, string[]>();
  #copiedBytes = 0;
  readonly #surveys = new SurveyTable();
  readonly #plan: Plan;
  /** Those that are not yet closed, in order; the first is being written, or the next one. */
  readonly #files: number[];
  readonly #archive: ArchiveWriter;
  readonly #reconstruction: ReconstructionWriter | undefined;
  readonly #measures: boolean;
  #source: Source | undefined;
  /** Whether the file stands in the reconstruction. */
  #begun = false;
  /** The variable being written, or the next one. */
  #variable = 0;
  #outcome: VariableOutcome | undefined;
  #failed = false;
  /** Number of `outcomes` before the file being written. */
  #outcomesBefore = 0;
  /** Number of files. */
  leftOut = 0;

  /** `files`: indices in the plan, ascending. */
  constructor(
    plan: Plan,
    files: Iterable<number>,
    { encoded, reconstructed }: { readonly encoded: string; readonly reconstructed: string },
    header: ArchiveHeader,
    model: ArchiveModel | undefined,
    wants: Pick<Wants, 'values' | 'errors'>,
  ) {
    this.#plan = plan;
    this.#files = [...files];
    this.#archive = new ArchiveWriter(encoded, header, model);
    this.#measures = wants.errors;
    this.#reconstruction = wants.values ? new ReconstructionWriter(reconstructed) : undefined;
    // An earlier start that was to make one may have left it unfinished.
    if (!wants.values) removeUnfinished(reconstructed);
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
    if (outcome.errors && result.errors) addErrors(outcome.errors, result.errors);
    const { name, variables } = this.#file;
    if (result.survey) this.#surveys.add(name, variables[variable].path, result.survey);
  }

  /** To be called when all units have come. */
  closeFiles(): void {
    this.#closeFilesBefore(undefined);
  }

  /** Gives the files their names. Throws InputError where the disk is full. */
  finish(): Written {
    this.#reconstruction?.finish();
    return {
      manifest: this.#archive.finish(),
      outcomes: this.#outcomes,
      complaints: this.complaints,
      changed: this.#changed,
      copiedBytes: this.#copiedBytes,
      surveys: this.#surveys.finish(),
    };
  }

  /** Leaves no file behind. */
  discard(): void {
    this.#source?.close();
    this.#archive.discard();
    this.#reconstruction?.discard();
  }

  /** Closes all that lies before this variable of this file, and goes there; variables without blocks are opened too. */
  #advance(file: number, variable: number): void {
    this.#closeFilesBefore(file);
    this.#openFile();
    this.#closeVariablesBefore(variable);
  }

  #closeFilesBefore(file: number | undefined): void {
    while (this.#files.length > 0 && this.#files[0] !== file) {
      this.#openFile();
      this.#closeVariablesBefore(this.#file.variables.length);
      this.#closeFile();
    }
  }

  get #file(): PlannedFile {
    return this.#plan.files[this.#files[0]];
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
    const { path, name, variables, failure } = this.#file;
    if (failure !== undefined) {
      this.#failFile(failure);
      return;
    }
    const paths = variables.map((variable) => variable.path);
    this.#orFail(() => {
      const source = openSource(path);
      this.#source = source;
      this.#archive.beginFile(this.#file, source, paths);
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
    this.#outcomesBefore = this.#outcomes.length;
    this.#variable = 0;
    this.#files.shift();
  }

  #endFile(): void {
    this.#reconstruction?.endFile();
    const { problems, copied } = this.#archive.endFile();
    const { path } = this.#file;
    for (const dataset of copied) this.#copiedBytes += this.#source!.byteLength(dataset.path);
    for (const problem of problems) {
      const what = `${problem.path}": ${problem.reason}`;
      if (problem.kind === 'lost') this.complaints.push(`hdf5 "${path}:${what}`);
      else this.#changed.set(what, [...(this.#changed.get(what) ?? []), path]);
    }
  }

  #failFile(reason: string): void {
    this.#archive.failFile(this.#file, reason);
    if (this.#begun) this.#reconstruction?.failFile(reason);
    this.complaints.push(reason);
    // What was done of it is not counted.
    this.#outcomes.length = this.#outcomesBefore;
    this.#surveys.remove(this.#file.name);
    this.leftOut++;
    this.#failed = true;
    this.#outcome = undefined;
  }

  #openVariable(): void {
    if (this.#outcome) return;
    const variable = this.#file.variables[this.#variable];
    this.#archive.beginVariable(this.#source!.dataset(variable.path), variable.blockSize);
    this.#reconstruction?.beginVariable(variable);
    const { path } = variable;
    this.#outcome = {
      path,
      rawBytes: bytesOf(variable),
      storedBytes: 0,
      seconds: 0,
      errors: this.#measures ? emptyErrors() : undefined,
    };
  }

  #closeVariable(): void {
    const outcome = this.#outcome!;
    this.#archive.endVariable(outcome.errors ? recordOf(outcome.errors) : {});
    this.#reconstruction?.endVariable();
    this.#outcomes.push(outcome);
    this.#outcome = undefined;
    this.#variable++;
  }
}
