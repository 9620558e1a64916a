import { UsageError } from '../../errors.js';
import { countGpus } from './gpus.js';

/** Where a session runs. A WebGPU is the one that the platform prefers. */
export type Device =
  | { readonly kind: 'cpu' }
  | { readonly kind: 'cuda'; readonly index: number }
  | { readonly kind: 'webgpu' };

/**
 * "cpu", "webgpu", "cuda" (of the GPUs that a rank sees, the one of its place on the node) or "cuda:N". Throws UsageError for
 * another text, and for a GPU that this process does not see.
 */
export function parseDevice(text: string, localRank: number): Device {
  if (text === 'cpu' || text === 'webgpu') return { kind: text };
  const [, number] = /^cuda(?::(\d+))?$/.exec(text) ?? fail(text);
  const count = countGpus();
  if (count !== undefined && Number(number ?? 0) >= count)
    throw new UsageError(`--device ${text}: this process sees ${count} GPU(s)${describeMask()}`);
  return { kind: 'cuda', index: number === undefined ? localRank % (count ?? localRank + 1) : Number(number) };
}

/** As `parseDevice` takes it. */
export function nameOf(device: Device): string {
  return device.kind === 'cuda' ? `cuda:${device.index}` : device.kind;
}

function fail(text: string): never {
  throw new UsageError(`--device must be cpu, cuda, cuda:N or webgpu, got "${text}"`);
}

function describeMask(): string {
  const mask = process.env.CUDA_VISIBLE_DEVICES;
  return mask === undefined ? '' : `, CUDA_VISIBLE_DEVICES is "${mask}"`;
}
