import { env } from 'onnxruntime-node';
import { InputError } from '../../errors.js';
import { build, input, matmul, reduceMax } from '../../onnx/index.js';
import { type Device, nameOf } from './device.js';
import { countGpus } from './gpus.js';
import { createSession, tensor } from './session.js';

export const libraryVersion = env.versions.node;

/** Whether a product of matrices ran on a device. */
export interface Availability {
  /** As `parseDevice` takes it. */
  readonly device: string;
  /** Why it did not run, and what may be done about it. */
  readonly problem?: { readonly reason: string; readonly hint: string | undefined };
}

/** The CPU, every GPU of NVIDIA's that this process sees, or else the first one there might be, and WebGPU: each is tried. */
export async function tryDevices(): Promise<Availability[]> {
  const gpus = Array.from({ length: countGpus() || 1 }, (_, index): Device => ({ kind: 'cuda', index }));
  const tried: Availability[] = [];
  for (const device of [{ kind: 'cpu' } as const, ...gpus, { kind: 'webgpu' } as const])
    tried.push(await tryOne(device));
  return tried;
}

async function tryOne(device: Device): Promise<Availability> {
  const x = input('x', 'float32', [4, 4]);
  // On CUDA the product needs cuBLAS, the reduction cuDNN.
  const graph = build({ inputs: { x }, outputs: { y: reduceMax(matmul(x, x), [1]) } }, { name: 'try' });
  try {
    const session = await createSession(graph, { threads: 1, device });
    const { y } = await session.run({ x: tensor(new Float32Array(16).fill(1), [4, 4]) });
    await session.release();
    if (!(y.data as Float32Array).every((value) => value === 4))
      throw new InputError('a product of ones came out wrong');
    return { device: nameOf(device) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { device: nameOf(device), problem: { reason: error.message, hint: error.hint } };
  }
}
