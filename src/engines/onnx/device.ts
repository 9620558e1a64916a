import { InputError, UsageError } from '../../errors.js';

/** Where a session runs. */
export type Device = { readonly kind: 'cpu' } | { readonly kind: 'cuda'; readonly index: number };

/**
 * "cpu", "cuda" (of the GPUs that a rank sees, the one of its place on the node) or "cuda:N". Throws UsageError for another
 * text.
 */
export function parseDevice(text: string, localRank: number): Device {
  if (text === 'cpu') return { kind: 'cpu' };
  const [, index] = /^cuda(?::(\d+))?$/.exec(text) ?? fail(text);
  return { kind: 'cuda', index: index === undefined ? localRank % (visibleDevices() ?? localRank + 1) : Number(index) };
}

function fail(text: string): never {
  throw new UsageError(`--device must be cpu, cuda or cuda:N, got "${text}"`);
}

/** How many GPUs Slurm or the user shows to this process; undefined where nothing says so. */
function visibleDevices(): number | undefined {
  const list = process.env.CUDA_VISIBLE_DEVICES;
  return list ? list.split(',').length : undefined;
}

/** What a failed start on the GPU means, for the user. */
export function deviceError(device: Device, error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error);
  if (device.kind === 'cpu') return error instanceof Error ? error : new Error(reason);
  return new InputError(`device cuda:${device.index} cannot be used: ${reason.split('\n')[0]}`, {
    hint: "onnxruntime's CUDA libraries: node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12, or --device cpu.",
  });
}
