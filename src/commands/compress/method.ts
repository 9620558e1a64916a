import type { Communicator } from '../../dist/communicator.js';
import type { Resources } from '../../engines/onnx/session.js';
import type { ArchiveModel } from '../../io/archive/archive-writer.js';
import type { Coding } from '../../io/archive/format.js';
import type { Variable } from '../select.js';
import type { SlabCodec } from './codec.js';
import type { Plan } from './plan.js';

/** How a run compresses: by a model, or within a bound. */
export interface Method {
  blockSizeOf(variable: Variable): number;
  /** `earlier`: what an unfinished run that is to be resumed was made with. A collective call. */
  prepare(communicator: Communicator, plan: Plan, resources: Resources, earlier?: Identity): Promise<Prepared>;
}

/** What the results of a run depend on; JSON. */
export type Identity = Readonly<Record<string, unknown>>;

export interface Prepared {
  /** Beside the inputs: a run is resumed with the same. */
  readonly identity: Identity;
  readonly coding: Coding;
  /** What a decoder needs beside the program. */
  readonly model: ArchiveModel | undefined;
  readonly codec: SlabCodec;
  /** What the user should know: lines, or ''. */
  readonly notes: readonly string[];
}
