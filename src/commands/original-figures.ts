/** FLOPs that the page of the original system gives, for blocks of 5³ and 16 latents. */
import type { Architecture } from '../models/architectures.js';

export interface OriginalFigures {
  readonly encoder?: number;
  readonly decoder?: number;
  readonly both: number;
  readonly notes: readonly string[];
}

/**
 * Those of conv-bn are not of the network that the page draws, but of the one in the original's code
 * (github.com/paralab/AE-based-compression, models/swae_pure_3d_5x5x5.py), from which they come out to the last digit.
 */
const figures: Readonly<Record<string, OriginalFigures>> = {
  mlp: { both: 796_672, notes: [] },
  'conv-bn': {
    encoder: 57_343_552,
    decoder: 24_902_144,
    both: 57_343_552 + 24_902_144,
    notes: [
      'The original page draws the network above, but its figures are of the one in its code, which is narrower and strides',
      'earlier: convolutions 3³ with 32·32·64·64·128·128·256·256 channels and strides 2·1·2·1·1·1·1·1 (5³ → 3³ → 2³); back by',
      'transposed convolutions 3³ with 128·64·32 channels and strides 1·1·2 (2³ → 4³), and one of 2³ with stride 1 (4³ → 5³).',
      'They are counted as nominal is here, but transposed convolutions at every output.',
    ],
  },
};

/** Undefined of what the page has no figures for. */
export function originalFigures({ name, widths, blockSize, latentSize }: Architecture): OriginalFigures | undefined {
  return widths === undefined && blockSize === 5 && latentSize === 16 ? figures[name] : undefined;
}
