import type { Resources } from '../../../engines/onnx/session.js';
import type { Subject } from '../../../engines/throughput.js';
import type { Architecture } from '../../../models/architectures.js';
import { initialParameters, parameterLayout } from '../../../models/parameters.js';
import type { Precision } from '../../../models/products.js';
import { random } from '../../../models/random.js';
import type { Model } from '../../../models/swae.js';

/** What is the same for all that take turns. */
export interface Setting extends Required<Resources> {
  readonly architecture: Architecture;
  /** Blocks of a run. */
  readonly rows: number;
  /** Encoder and decoder without normalisation. */
  readonly bare: boolean;
  /** Of training steps. */
  readonly precision: Precision;
  readonly tf32: boolean;
}

export interface OpenSubject extends Subject {
  release(): Promise<void>;
}

/** Speed does not depend on the values of the parameters: they are those that a training starts with. */
export function initialModel(architecture: Architecture): Model {
  return { architecture, normalisation: 'pos_log', parameters: initialParameters(parameterLayout(architecture), 1) };
}

/** Between 0 and 1. */
export function randomValues(length: number): Float32Array<ArrayBuffer> {
  const source = random(1);
  return Float32Array.from({ length }, () => source.uniform());
}
