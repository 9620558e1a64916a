import type { Sample } from './samples.js';
import { addSurvey, emptySurvey, type Survey } from './survey.js';

/** Samples of a variable of a file. */
export interface SampledVariable {
  readonly file: string;
  readonly variable: string;
  readonly samples: readonly Sample[];
}

/** Of a run, or some of its files. */
export interface Surveyed {
  readonly variables: ReadonlyMap<string, Survey>;
  readonly sampled: readonly SampledVariable[];
}

/** Of files that several ranks have surveyed, each its own. */
export function joinSurveyed(parts: readonly Surveyed[]): Surveyed {
  const variables = new Map<string, Survey>();
  for (const [variable, survey] of parts.flatMap((part) => [...part.variables])) {
    if (!variables.has(variable)) variables.set(variable, emptySurvey());
    addSurvey(variables.get(variable)!, survey);
  }
  const sampled = parts.flatMap((part) => part.sampled);
  return { variables, sampled: sampled.sort((a, b) => Buffer.compare(Buffer.from(a.file), Buffer.from(b.file))) };
}

/** Surveys as they come, file by file: summed by variable, samples by file and variable. */
export class SurveyTable {
  readonly #variables = new Map<string, Survey>();
  readonly #sampled: SampledVariable[] = [];
  #file = '';
  /** Of the file that is not over: it may yet be left out. */
  #pending = new Map<string, Survey>();

  add(file: string, variable: string, survey: Survey): void {
    if (file !== this.#file) this.#commit();
    this.#file = file;
    if (!this.#pending.has(variable)) this.#pending.set(variable, emptySurvey());
    addSurvey(this.#pending.get(variable)!, survey);
  }

  /** Takes a file out, if it is the one that came last. */
  remove(file: string): void {
    if (file === this.#file) this.#pending.clear();
  }

  /** By variable, and the samples. */
  finish(): Surveyed {
    this.#commit();
    return { variables: this.#variables, sampled: this.#sampled };
  }

  #commit(): void {
    for (const [variable, survey] of this.#pending) {
      if (!this.#variables.has(variable)) this.#variables.set(variable, emptySurvey());
      addSurvey(this.#variables.get(variable)!, { ...survey, samples: [] });
      if (survey.samples.length > 0) this.#sampled.push({ file: this.#file, variable, samples: survey.samples });
    }
    this.#pending.clear();
  }
}
