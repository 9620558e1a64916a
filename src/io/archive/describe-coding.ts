import type { Coding } from './format.js';

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
  const of = {
    abs: '',
    range: ' of the range of its variable',
    block: ' of the range of its block, the last where blocks overlap',
  };
  return [
    ...(errorBound === undefined
      ? []
      : [['guaranteed', `every value within ${errorBound}${of[boundMode as 'abs']}`] as [string, string]]),
    ...(targetPsnr === undefined ? [] : [['guaranteed', `PSNR of ${targetPsnr} dB`] as [string, string]]),
  ];
}
