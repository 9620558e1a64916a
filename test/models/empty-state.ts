import type { OptimiserState } from '../../src/models/optimiser.js';

export function emptyState(length: number): OptimiserState {
  return { step: 0, moments: [new Float32Array(length), new Float32Array(length)] };
}
