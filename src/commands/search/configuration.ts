import { InputError, UsageError } from '../../errors.js';
import { architecture, labelOf } from '../../models/architectures.js';
import { permutation, random } from '../../models/random.js';
import { randomStream } from '../../models/sampling.js';
import { parseWidths } from '../architecture-options.js';
import { requirePositive, requireWhole } from '../options.js';
import type { TrainOptions } from '../train/command.js';

/** What trials differ in. */
export interface Configuration
  extends Pick<TrainOptions, 'arch' | 'blockSize' | 'latentSize' | 'loss' | 'normalisation' | 'lr'> {
  /** Undefined: the architecture's own. */
  readonly widths?: string;
}

/** The values to try of each. */
export type Space = {
  readonly [Name in keyof Configuration]-?: readonly NonNullable<Configuration[Name]>[];
};

/** For a trial of the architecture's own widths. */
export const ownWidths = 'default';

export interface Grid {
  /** In the order of the lists, the first varying slowest. */
  readonly configurations: readonly Configuration[];
  /** Combinations that cannot be, and why. */
  readonly leftOut: readonly string[];
}

/** Every combination. Throws UsageError where a value cannot be, or no combination. */
export function makeGrid(space: Space): Grid {
  for (const latents of space.latentSize) requireWhole('latent-size', latents, 1);
  for (const rate of space.lr) requirePositive('lr', rate);
  requireKnownArchitectures(space);
  const configurations: Configuration[] = [];
  const leftOut = new Set(withoutWidths(space).map((name) => `${name}, for which --widths has none`));
  for (const configuration of combinations(space)) {
    const reason = refusal(configuration);
    if (reason === undefined) configurations.push(configuration);
    else leftOut.add(reason);
  }
  const byName = new Map(configurations.map((configuration) => [nameOf(configuration), configuration]));
  if (byName.size === 0) throw new UsageError(`there is nothing to try: ${[...leftOut].join('; ')}`);
  return { configurations: [...byName.values()], leftOut: [...leftOut] };
}

/** `count` of them, drawn at random but in their order; the same for the same seed. */
export function drawTrials(
  configurations: readonly Configuration[],
  count: number,
  seed: number,
): readonly Configuration[] {
  const drawn = permutation(configurations.length, random(seed, randomStream.trials)).subarray(0, count);
  return [...drawn].sort((a, b) => a - b).map((index) => configurations[index]);
}

/** Widths "mlp:64,32" are of mlp alone. */
const isFor = (text: string, arch: string) => !text.includes(':') || text.startsWith(`${arch}:`);

function requireKnownArchitectures({ arch, widths }: Space): void {
  const stray = widths.find((text) => !arch.some((name) => isFor(text, name)));
  if (stray !== undefined)
    throw new UsageError(`--widths ${stray} is for an architecture that --arch has not; it has ${arch.join(', ')}`);
}

function withoutWidths({ arch, widths }: Space): string[] {
  return arch.filter((name) => !widths.some((text) => isFor(text, name)));
}

function combinations({ arch, blockSize, latentSize, widths, loss, normalisation, lr }: Space): Configuration[] {
  const networks = arch.flatMap((name) =>
    widths
      .filter((text) => isFor(text, name))
      .map((text) => text.slice(text.indexOf(':') + 1))
      .map((text) => ({ arch: name, ...(text !== ownWidths && { widths: text }) })),
  );
  return networks.flatMap((network) =>
    blockSize.flatMap((k) =>
      latentSize.flatMap((latents) =>
        loss.flatMap((kind) =>
          normalisation.flatMap((method) =>
            lr.map((rate) => ({
              ...network,
              blockSize: k,
              latentSize: latents,
              loss: kind,
              normalisation: method,
              lr: rate,
            })),
          ),
        ),
      ),
    ),
  );
}

/** Why there is no such network. */
function refusal({ arch, blockSize, latentSize, widths }: Configuration): string | undefined {
  try {
    architecture(arch, blockSize, latentSize, parseWidths(widths));
    return undefined;
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

/** A name for people and folders, the same for the same configuration. */
export function nameOf(configuration: Configuration): string {
  const { blockSize, latentSize, loss, normalisation, lr } = configuration;
  const network = labelOf(networkOf(configuration)).replace(' ', '_').replaceAll(',', '-');
  return `${network}_${blockSize}x${blockSize}x${blockSize}_${latentSize}_${loss}_${normalisation}_lr${lr}`;
}

export function networkOf({ arch, blockSize, latentSize, widths }: Configuration) {
  return architecture(arch, blockSize, latentSize, parseWidths(widths));
}
