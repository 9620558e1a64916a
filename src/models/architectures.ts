import { InputError } from '../errors.js';
import type { Layer } from './layers.js';

/** All that a network is: everything else (parameters, graphs, FLOPs) is derived from this. */
export interface Architecture {
  readonly name: string;
  /** Side k of the cubic blocks, in nodes. */
  readonly blockSize: number;
  /** Number of latent values of a block. */
  readonly latentSize: number;
  /** From [batch, k³] to [batch, latentSize]. */
  readonly encoder: readonly Layer[];
  /** From [batch, latentSize] to [batch, k³]. */
  readonly decoder: readonly Layer[];
}

const makers: Record<string, (blockSize: number, latentSize: number) => Architecture> = { mlp };

export const architectureNames = Object.keys(makers);

/** Throws InputError where there is none of that name, or its block size is not 5…8. */
export function architecture(name: string, blockSize: number, latentSize: number): Architecture {
  if (!Object.hasOwn(makers, name))
    throw new InputError(`architecture "${name}" is unknown; there is ${architectureNames.join(', ')}`);
  if (!Number.isInteger(blockSize) || blockSize < 5 || blockSize > 8)
    throw new InputError(`block size must be a whole number from 5 to 8, got ${blockSize}`);
  if (!Number.isInteger(latentSize) || latentSize < 1)
    throw new InputError(`latent size must be a whole number from 1, got ${latentSize}`);
  return makers[name](blockSize, latentSize);
}

/** Fully connected, ReLU between: k³·512·256·L·256·512·k³. */
function mlp(blockSize: number, latentSize: number): Architecture {
  const values = blockSize ** 3;
  return {
    name: 'mlp',
    blockSize,
    latentSize,
    encoder: chain([values, 512, 256, latentSize]),
    decoder: chain([latentSize, 256, 512, values]),
  };
}

function chain(sizes: readonly number[]): Layer[] {
  return sizes.slice(1).flatMap((outputs, i): Layer[] => {
    const linear: Layer = { kind: 'linear', inputs: sizes[i], outputs };
    return i < sizes.length - 2 ? [linear, { kind: 'relu' }] : [linear];
  });
}
