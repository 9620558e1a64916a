/** What an archive's header says of how it was coded. */
import type { Coding } from '../io/archive/format.js';
import type { Normalisation } from '../models/normalise.js';

/** The scale in which a network met the blocks; within a bound there is no network, and blocks are scaled to [0, 1] to be looked at. */
export function normalisationOf(coding: Coding): Normalisation {
  return coding.kind === 'latents' ? (coding.normalisation as Normalisation) : 'minmax';
}
