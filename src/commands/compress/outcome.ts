import type { Manifest } from '../../io/archive/format.js';
import type { Output } from './output.js';
import type { RunFolder } from './run-folder.js';
import type { StageSeconds } from './stages.js';

/** What rank 0 knows of a run that is done. */
export interface Outcome {
  readonly folder: RunFolder;
  readonly manifest: Manifest;
  readonly output: Output;
  readonly ranks: number;
  readonly seconds: number;
  /** Of all ranks together. */
  readonly stages: StageSeconds;
}
