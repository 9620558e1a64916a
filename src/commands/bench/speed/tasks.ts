import type { Architecture } from '../../../models/architectures.js';
import { flopsByLayer, flopsOf } from '../../../models/layers.js';
import { optimisers } from '../../../models/optimiser.js';
import { inferencePrecisions } from '../../../models/quantise.js';
import type { CeilingKind } from './ceiling.js';
import { openCoder } from './coders.js';
import type { OpenSubject, Setting } from './setting.js';
import { openTraining } from './training.js';

export type TaskName = 'encode' | 'decode' | 'train';

/** One way to do a task; those of a setting take turns. */
export interface Variant {
  /** A precision, or an optimiser. */
  readonly name: string;
  readonly ceiling: CeilingKind;
  open(setting: Setting): Promise<OpenSubject>;
}

export interface Task {
  readonly variants: readonly Variant[];
  /** For one block, as `swae flops` counts them: products alone, after lowering. */
  flopsOf(architecture: Architecture): number;
}

const coders = (side: 'encode' | 'decode'): readonly Variant[] =>
  inferencePrecisions.map((name) => ({
    name,
    ceiling: name.startsWith('int8') ? 'int8' : 'float32',
    open: (setting) => openCoder(side, setting, name),
  }));

export const tasks: Readonly<Record<TaskName, Task>> = {
  encode: { variants: coders('encode'), flopsOf: ({ encoder }) => flopsOf(encoder) },
  decode: { variants: coders('decode'), flopsOf: ({ decoder }) => flopsOf(decoder) },
  train: {
    variants: optimisers.map((name) => ({
      name,
      ceiling: 'float32',
      open: (setting) => openTraining(setting, name),
    })),
    flopsOf: trainingFlops,
  },
};

/** Each layer's product, that for the gradient of its weights and that of its inputs, which the first layer does not need. */
function trainingFlops({ encoder, decoder }: Architecture): number {
  return 3 * (flopsOf(encoder) + flopsOf(decoder)) - flopsByLayer(encoder)[0].lowered;
}
