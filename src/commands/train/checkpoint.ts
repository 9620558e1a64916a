import { InputError } from '../../errors.js';
import { readSafetensors, writeSafetensors } from '../../io/checkpoint.js';
import { firstLossScale, type LossScale } from '../../models/loss-scale.js';
import type { OptimiserState } from '../../models/optimiser.js';
import { noPlateau, type Plateau } from '../../models/schedule.js';
import type { Model } from '../../models/swae.js';
import { modelMetadata, modelTensors, parseModel } from '../model-file.js';

/** How far a run has come. With the parameters and the optimiser's state, all that the rest of the run depends on. */
export interface Position {
  /** Optimiser steps done. */
  step: number;
  epoch: number;
  /** Steps done in this epoch. */
  stepInEpoch: number;
  /** Sum of the losses over the steps of this epoch. */
  epochLoss: { reconstruction: number; divergence: number };
  /** Least validation error so far, and the epochs since. */
  best: { error: number | null; epochsSince: number };
  plateau: Plateau;
  lossScale: LossScale;
  /** The variables that are oversampled in this epoch, by their index. */
  worst: readonly number[];
}

export const startPosition = (): Position => ({
  step: 0,
  epoch: 0,
  stepInEpoch: 0,
  epochLoss: { reconstruction: 0, divergence: 0 },
  best: { error: null, epochsSince: 0 },
  plateau: noPlateau,
  lossScale: firstLossScale,
  worst: [],
});

/** What must be equal for a run to be continued; compared as JSON, key by key. */
export type Identity = Readonly<Record<string, string | number | null>>;

export function writeCheckpoint(
  path: string,
  model: Model,
  optimiser: OptimiserState,
  position: Position,
  identity: Identity,
): void {
  const moments = optimiser.moments.map((data, i) => [`optimiser.moment_${i}`, { shape: [data.length], data }]);
  writeSafetensors(
    path,
    { ...modelTensors(model), ...Object.fromEntries(moments) },
    {
      ...modelMetadata(model),
      position: JSON.stringify(position),
      run: JSON.stringify(identity),
      optimiser_step: String(optimiser.step),
    },
  );
}

/** Fills `model.parameters` and `optimiser` from a checkpoint. Throws InputError where it is of another run. */
export function readCheckpoint(path: string, model: Model, optimiser: OptimiserState, identity: Identity): Position {
  const file = readSafetensors(path);
  if (!file.metadata.position) throw new InputError(`checkpoint "${path}": holds a model, but no training state`);
  const stored = parse<Identity>(path, 'run', file.metadata.run);
  for (const [key, value] of Object.entries(identity))
    if (stored[key] !== value)
      throw new InputError(
        `checkpoint "${path}": ${key} was ${JSON.stringify(stored[key])}, is now ${JSON.stringify(value)}`,
        {
          hint: 'Resume with the options and data of the first start, or train into another --output-dir.',
        },
      );
  model.parameters.set(parseModel(file, path).parameters);
  const position = { ...startPosition(), ...parse<Position>(path, 'position', file.metadata.position) };
  for (const [i, moment] of optimiser.moments.entries()) {
    const data = file.tensors[`optimiser.moment_${i}`]?.data;
    if (!(data instanceof Float32Array) || data.length !== moment.length)
      throw new InputError(`checkpoint "${path}": optimiser.moment_${i} should hold ${moment.length} float32 values`);
    moment.set(data);
  }
  // Fewer than the run's where steps overflowed in mixed precision.
  optimiser.step = Number(file.metadata.optimiser_step ?? position.step);
  return position;
}

function parse<T>(path: string, key: string, text: string | undefined): T {
  try {
    return JSON.parse(text ?? '');
  } catch {
    throw new InputError(`checkpoint "${path}": ${key} should be JSON, is ${text ?? 'missing'}`);
  }
}
