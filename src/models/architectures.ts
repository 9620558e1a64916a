import { InputError } from '../errors.js';
import { convolvedSize, transposedSize } from './grid.js';
import type { Layer } from './layers.js';

/** All that a network is: everything else (parameters, graphs, FLOPs) is derived from this. */
export interface Architecture {
  readonly name: string;
  /** Of the hidden layers of the encoder, first to last; undefined where they are those of the architecture itself. */
  readonly widths?: readonly number[] | undefined;
  /** Side k of the cubic blocks, in nodes. */
  readonly blockSize: number;
  /** Number of latent values of a block. */
  readonly latentSize: number;
  /** From [batch, k³] to [batch, latentSize]. */
  readonly encoder: readonly Layer[];
  /** From [batch, latentSize] to [batch, k³]. */
  readonly decoder: readonly Layer[];
}

interface Family {
  /** Features of the hidden layers, or channels of the convolutions. */
  readonly widths: readonly number[];
  /** Fewer hidden layers cannot be. */
  readonly fewest: number;
  readonly layers: (blockSize: number, latentSize: number, widths: readonly number[]) => Layers;
}

type Layers = Pick<Architecture, 'encoder' | 'decoder'>;

const families: Readonly<Record<string, Family>> = {
  mlp: { widths: [512, 256], fewest: 1, layers: mlp },
  conv: { widths: [32, 64, 128, 256], fewest: 3, layers: convolutional(false) },
  /** The baseline: every convolution with batch normalisation. */
  'conv-bn': { widths: [32, 64, 128, 128, 256, 256, 256, 256], fewest: 3, layers: convolutional(true) },
};

export const architectureNames = Object.keys(families);

/** Beyond this a model would not fit the memory of any machine. */
const widest = 65_536;

/**
 * `widths`: of the hidden layers (`mlp`) or channels of the convolutions, as many as there are to be; default: the architecture's own. Throws
 * InputError where there is no architecture of that name, its block size is not 5…8, or its widths cannot be.
 */
export function architecture(
  name: string,
  blockSize: number,
  latentSize: number,
  widths?: readonly number[],
): Architecture {
  if (!Object.hasOwn(families, name))
    throw new InputError(`architecture "${name}" is unknown; there is ${architectureNames.join(', ')}`);
  if (!Number.isInteger(blockSize) || blockSize < 5 || blockSize > 8)
    throw new InputError(`block size must be a whole number from 5 to 8, got ${blockSize}`);
  if (!Number.isInteger(latentSize) || latentSize < 1)
    throw new InputError(`latent size must be a whole number from 1, got ${latentSize}`);
  const family = families[name];
  const own = widths === undefined || widths.join() === family.widths.join();
  if (!own) checkWidths(name, family, widths);
  const layers = family.layers(blockSize, latentSize, widths ?? family.widths);
  return { name, widths: own ? undefined : widths, blockSize, latentSize, ...layers };
}

/** "mlp", or "mlp 128,64" where the widths are not its own. */
export function labelOf({ name, widths }: Pick<Architecture, 'name' | 'widths'>): string {
  return widths === undefined ? name : `${name} ${widths}`;
}

function checkWidths(name: string, { fewest }: Family, widths: readonly number[]): void {
  const bad = widths.find((width) => !Number.isInteger(width) || width < 1 || width > widest);
  if (bad !== undefined)
    throw new InputError(`widths of ${name} must be whole numbers from 1 to ${widest}, got ${bad}`);
  if (widths.length < fewest)
    throw new InputError(`widths of ${name}: expected ${fewest} or more, got ${widths.length} (${widths})`);
}

/** Fully connected, ReLU between: k³·512·256·L·256·512·k³ by default. */
function mlp(blockSize: number, latentSize: number, widths: readonly number[]): Layers {
  const values = blockSize ** 3;
  return {
    encoder: chain([values, ...widths, latentSize]),
    decoder: chain([latentSize, ...[...widths].reverse(), values]),
  };
}

const innerSize = 2;

function convolutional(normalised: boolean): Family['layers'] {
  return (blockSize, latentSize, channels) => ({
    encoder: downsampling(blockSize, latentSize, channels, normalised),
    decoder: upsampling(blockSize, latentSize, channels[channels.length - 1], normalised),
  });
}

/** Convolutions 3³, the second and third with stride 2, bring a block down to 2³, a linear layer to the latents. */
function downsampling(
  blockSize: number,
  latentSize: number,
  channels: readonly number[],
  normalised: boolean,
): Layer[] {
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
  return encoder;
}

function activation(channels: number, normalised: boolean): Layer[] {
  return normalised ? [{ kind: 'batch-norm', channels }, { kind: 'relu' }] : [{ kind: 'relu' }];
}

/**
 * Back through a linear layer and four transposed convolutions 2³ with stride 2 to 32³, of which the middle is the block. Each but the
 * last, which has one channel, halves the channels.
 */
function upsampling(blockSize: number, latentSize: number, width: number, normalised: boolean): Layer[] {
  const channels = [...[1, 2, 4, 8].map((part) => Math.ceil(width / part)), 1];
  const layers: Layer[] = [{ kind: 'linear', inputs: latentSize, outputs: innerSize ** 3 * width, bias: true }];
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
