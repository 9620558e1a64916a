import { InputError } from '../errors.js';
import { convolvedSize, transposedSize } from './grid.js';
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

const makers: Record<string, (blockSize: number, latentSize: number) => Architecture> = { mlp, conv };

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

const innerSize = 2;

/**
 * Four convolutions 3³ with 32, 64, 128 and 256 channels bring a block down to 2³, a linear layer to the latents; back
 * through a linear layer and four transposed convolutions 2³ with stride 2 to 32³, of which the middle is the block.
 */
function conv(blockSize: number, latentSize: number): Architecture {
  const channels = [1, 32, 64, 128, 256];
  const strides = [1, 2, 2, 1];
  const encoder: Layer[] = [];
  let size = blockSize;
  for (const [i, stride] of strides.entries()) {
    const shape = { size, kernel: 3, stride, padding: 1 };
    encoder.push({ kind: 'convolution', inputs: channels[i], outputs: channels[i + 1], ...shape }, { kind: 'relu' });
    size = convolvedSize(shape);
  }
  const features = innerSize ** 3 * channels[channels.length - 1];
  encoder.push({ kind: 'linear', inputs: features, outputs: latentSize });
  return { name: 'conv', blockSize, latentSize, encoder, decoder: upsampling(blockSize, latentSize, features) };
}

function upsampling(blockSize: number, latentSize: number, features: number): Layer[] {
  const channels = [256, 128, 64, 32, 1];
  const layers: Layer[] = [{ kind: 'linear', inputs: latentSize, outputs: features }];
  let size = innerSize;
  for (let i = 0; i + 1 < channels.length; i++) {
    const shape = { size, kernel: 2, stride: 2, padding: 0 };
    if (i > 0) layers.push({ kind: 'relu' });
    layers.push({ kind: 'transposed-convolution', inputs: channels[i], outputs: channels[i + 1], ...shape });
    size = transposedSize(shape);
  }
  return [...layers, { kind: 'crop', from: size, to: blockSize }];
}

function chain(sizes: readonly number[]): Layer[] {
  return sizes.slice(1).flatMap((outputs, i): Layer[] => {
    const linear: Layer = { kind: 'linear', inputs: sizes[i], outputs };
    return i < sizes.length - 2 ? [linear, { kind: 'relu' }] : [linear];
  });
}
