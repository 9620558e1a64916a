import type { Architecture } from '../../../models/architectures.js';
import { flopsByLayer, flopsOf } from '../../../models/layers.js';
import { optimisers } from '../../../models/optimiser.js';
import { parameterLayout } from '../../../models/parameters.js';
import { inferencePrecisions } from '../../../models/quantise.js';
import type { CeilingKind } from './ceiling.js';
import { openCoder } from './coders.js';
import type { Copied } from './copies.js';
import type { OpenSubject, Setting } from './setting.js';
import { openTraining } from './training.js';

export type TaskName = 'encode' | 'decode' | 'train';

/** One way to do a task; those of a setting take turns. */
export interface Variant {
  /** A precision, or an optimiser. */
  readonly name: string;
  readonly ceiling: CeilingKind;
  open(setting: Setting): Promise<OpenSubject>;
  /** Of a run, where it is not on the CPU. */
  copiedOf(setting: Setting): Copied;
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
    copiedOf: (setting) => copiedByCoder(side, setting, name === 'float32' ? 1 : 1 / 4),
  }));

export const tasks: Readonly<Record<TaskName, Task>> = {
  encode: { variants: coders('encode'), flopsOf: ({ encoder }) => flopsOf(encoder) },
  decode: { variants: coders('decode'), flopsOf: ({ decoder }) => flopsOf(decoder) },
  train: {
    variants: optimisers.map((name) => ({
      name,
      ceiling: 'float32',
      open: (setting) => openTraining(setting, name),
      copiedOf: (setting) => copiedByStep(setting, name === 'muon'),
    })),
    flopsOf: trainingFlops,
  },
};

/** Each layer's product, that for the gradient of its weights and that of its inputs, which the first layer does not need. */
function trainingFlops({ encoder, decoder }: Architecture): number {
  return 3 * (flopsOf(encoder) + flopsOf(decoder)) - flopsByLayer(encoder)[0].lowered;
}

/** Blocks one way, latents and scales the other. `latentShare`: of a float32. */
function copiedByCoder(side: 'encode' | 'decode', setting: Setting, latentShare: number): Copied {
  const { rows, bare, architecture } = setting;
  const { blockSize, latentSize } = architecture;
  const blocks = rows * blockSize ** 3;
  const latents = rows * Math.ceil(latentSize * latentShare + (bare ? 0 : 2));
  return side === 'encode' ? { toDevice: blocks, fromDevice: latents } : { toDevice: latents, fromDevice: blocks };
}

/** The batch and the parameters, and gradients back; Muon's matrices both ways once more. */
function copiedByStep({ rows, architecture }: Setting, hasMatrices: boolean): Copied {
  const { entries, length } = parameterLayout(architecture);
  const matrices = entries.filter(({ shape, trained }) => hasMatrices && trained && shape.length > 1);
  const moved = length + matrices.reduce((sum, matrix) => sum + matrix.length, 0);
  return { toDevice: rows * architecture.blockSize ** 3 + moved, fromDevice: moved };
}
