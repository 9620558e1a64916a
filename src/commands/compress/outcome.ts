import type { Coding } from '../../io/archive/format.js';
import type { Plan } from './plan.js';
import type { RunFolder } from './run-folder.js';
import type { StageSeconds } from './stages.js';
import type { Written } from './written.js';

/** What rank 0 knows of a run that is done. */
export interface Outcome {
  readonly folder: RunFolder;
  readonly plan: Plan;
  readonly coding: Coding;
  readonly written: Written;
  readonly ranks: number;
  /** Of MPI. */
  readonly library: string;
  /** Of a rank. */
  readonly threads: number;
  /** As of `performance.now()`. */
  readonly startedMs: number;
  readonly seconds: number;
  /** Of all ranks together. */
  readonly stages: StageSeconds;
}
