/** The options that name an architecture, for the commands that only look at it. */
import type { Options } from 'yargs';
import { InputError, UsageError } from '../errors.js';
import { type Architecture, architecture, architectureNames } from '../models/architectures.js';
import { requireWhole } from './options.js';

/** Their defaults are not yargs', which takes those for given: options that exclude them could then not be. */
export const architectureOptions = {
  arch: { choices: architectureNames, defaultDescription: 'mlp', describe: 'architecture' },
  'block-size': { choices: [5, 6, 7, 8], defaultDescription: '5', describe: 'side of the blocks in nodes' },
  'latent-size': { type: 'number', defaultDescription: '16', describe: 'latent values of a block' },
  widths: {
    type: 'string',
    describe:
      'of the hidden layers (mlp) or channels of the convolutions, as many as there are to be, e.g. 128,64. Default: those of the architecture',
  },
} as const satisfies Record<string, Options>;

export interface AskedArchitecture {
  readonly arch?: string;
  readonly blockSize?: number;
  readonly latentSize?: number;
  readonly widths?: string | undefined;
}

/** Throws UsageError where the latent size is no whole number from 1, or the widths cannot be. */
export function resolveArchitecture({
  arch = 'mlp',
  blockSize = 5,
  latentSize = 16,
  widths,
}: AskedArchitecture): Architecture {
  requireWhole('latent-size', latentSize, 1);
  try {
    return architecture(arch, blockSize, latentSize, parseWidths(widths));
  } catch (error) {
    throw error instanceof InputError ? new UsageError(error.message) : error;
  }
}

/** Of "128,64"; undefined for the architecture's own. Throws InputError where a part of it is no number. */
export function parseWidths(text: string | undefined): number[] | undefined {
  return text?.split(',').map((part) => {
    const width = Number(part);
    if (Number.isNaN(width)) throw new InputError(`widths ${text}: "${part}" is no number`);
    return width;
  });
}
