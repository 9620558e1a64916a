import type { Communicator } from '../../dist/communicator.js';
import type { ArchiveModel } from '../../io/archive/archive-writer.js';
import type { Coding } from '../../io/archive/format.js';
import type { Variable } from '../select.js';
import type { SlabCodec } from './codec.js';
import type { Plan } from './plan.js';

/** How a run compresses: by a model, or within a bound. */
export interface Method {
  /** What the results depend on beside the inputs: a run is resumed with the same. */
  readonly identity: object;
  readonly coding: Coding;
  blockSizeOf(variable: Variable): number;
  /** What a decoder needs beside the program. */
  model(plan: Plan): ArchiveModel | undefined;
  /** What the user should know of these variables before it begins: lines, or ''. */
  advise(variables: readonly Variable[]): string;
  /** A collective call. */
  createCodec(communicator: Communicator, plan: Plan, threads: number): Promise<SlabCodec>;
}
