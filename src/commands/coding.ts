/** What an archive's header says of how it was coded. */
import type { Coding } from '../io/archive/format.js';
import type { Normalisation } from '../models/normalise.js';

/** The scale in which a network met the blocks; within a bound there is no network, and blocks are scaled to [0, 1] to be looked at. */
export function normalisationOf(coding: Coding): Normalisation {
  return coding.kind === 'latents' ? (coding.normalisation as Normalisation) : 'minmax';
}

/** For people, name by name. */
export function describeCoding(coding: Coding): [name: string, value: string][] {
  if (coding.kind === 'latents') {
    const { architecture, latentSize, latentType, normalisation, precision, modelHash } = coding;
    return [
      [
        'model',
        `${architecture}, ${latentSize} ${latentType} latents, ${normalisation}, ${precision} networks, SHA-256 ${modelHash}`,
      ],
    ];
  }
  const { errorBound, boundMode, targetPsnr } = coding;
  const of = { abs: '', range: ' of the range of its variable', block: ' of the range of its block' };
  return [
    ...(errorBound === undefined
      ? []
      : [['guaranteed', `every value within ${errorBound}${of[boundMode as 'abs']}`] as [string, string]]),
    ...(targetPsnr === undefined ? [] : [['guaranteed', `PSNR of ${targetPsnr} dB`] as [string, string]]),
  ];
}
