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

const makers: Record<string, (blockSize: number, latentSize: number) => Architecture> = {
  mlp,
  conv,
  'conv-bn': convBn,
};

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

/** Four convolutions with 32, 64, 128 and 256 channels. */
function conv(blockSize: number, latentSize: number): Architecture {
  return convolutional('conv', [32, 64, 128, 256], blockSize, latentSize, false);
}

/** The baseline: eight convolutions with 32 to 256 channels, each with batch normalisation. */
function convBn(blockSize: number, latentSize: number): Architecture {
  return convolutional('conv-bn', [32, 64, 128, 128, 256, 256, 256, 256], blockSize, latentSize, true);
}

/**
 * Convolutions 3³, the second and third with stride 2, bring a block down to 2³, a linear layer to the latents; back
 * through a linear layer and four transposed convolutions 2³ with stride 2 to 32³, of which the middle is the block.
 */
function convolutional(
  name: string,
  channels: readonly number[],
  blockSize: number,
  latentSize: number,
  normalised: boolean,
): Architecture {
  const encoder: Layer[] = [];
  let size = blockSize;
  for (const [i, outputs] of channels.entries()) {
    const shape = { size, kernel: 3, stride: i === 1 || i === 2 ? 2 : 1, padding: 1 };
    const inputs = i === 0 ? 1 : channels[i - 1];
    encoder.push(
      { kind: 'convolution', inputs, outputs, ...shape, bias: !normalised },
      ...activation(outputs, normalised),
    );
    size = convolvedSize(shape);
  }
  const features = innerSize ** 3 * channels[channels.length - 1];
  encoder.push({ kind: 'linear', inputs: features, outputs: latentSize, bias: true });
  const decoder = upsampling(blockSize, latentSize, features, normalised);
  return { name, blockSize, latentSize, encoder, decoder };
}

function activation(channels: number, normalised: boolean): Layer[] {
  return normalised ? [{ kind: 'batch-norm', channels }, { kind: 'relu' }] : [{ kind: 'relu' }];
}

function upsampling(blockSize: number, latentSize: number, features: number, normalised: boolean): Layer[] {
  const channels = [256, 128, 64, 32, 1];
  const layers: Layer[] = [{ kind: 'linear', inputs: latentSize, outputs: features, bias: true }];
  let size = innerSize;
  for (let i = 0; i + 1 < channels.length; i++) {
    const [inputs, outputs] = [channels[i], channels[i + 1]];
    const isLast = i + 2 === channels.length;
    const shape = { size, kernel: 2, stride: 2, padding: 0 };
    layers.push({ kind: 'transposed-convolution', inputs, outputs, ...shape, bias: isLast || !normalised });
    if (!isLast) layers.push(...activation(outputs, normalised));
    size = transposedSize(shape);
  }
  return [...layers, { kind: 'crop', from: size, to: blockSize }];
}

function chain(sizes: readonly number[]): Layer[] {
  return sizes.slice(1).flatMap((outputs, i): Layer[] => {
    const linear: Layer = { kind: 'linear', inputs: sizes[i], outputs, bias: true };
    return i < sizes.length - 2 ? [linear, { kind: 'relu' }] : [linear];
  });
}
