/** What an archive's header says of how it was coded. */
import { UsageError } from '../errors.js';
import type { Coding } from '../io/archive/format.js';
import type { Normalisation } from '../models/normalise.js';

/** The scale in which a network met the blocks; within a bound there is no network, and blocks are scaled to [0, 1] to be looked at. */
export function normalisationOf(coding: Coding): Normalisation {
  return coding.kind === 'latents' ? (coding.normalisation as Normalisation) : 'minmax';
}

/** Throws UsageError where a device is asked for and no network takes part. */
export function requireNetwork({ kind }: Pick<Coding, 'kind'>, { device }: { readonly device: string }): void {
  if (kind === 'bounded' && device !== 'cpu')
    throw new UsageError(
      `--device ${device} is for networks: within an error bound none takes part, so that every processor decodes the same bits`,
    );
}
