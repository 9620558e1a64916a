import { InputError } from '../../errors.js';
import { findCudaProblem, libraryHint, type Problem } from './cuda-libraries.js';
import { type Device, nameOf } from './device.js';

/** Runs what onnxruntime does on a device. Throws InputError where the device is not there, or cannot do it. */
export async function onDevice<T>(device: Device, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw deviceError(device, error);
  }
}

function deviceError(device: Device, error: unknown): Error {
  const cause = error instanceof Error ? error : new Error(String(error));
  if (device.kind === 'cpu') return cause;
  const { reason, hint } = device.kind === 'cuda' ? cudaProblem(cause.message) : webgpuProblem(cause.message);
  return new InputError(`device ${nameOf(device)} cannot be used: ${reason}`, {
    hint: `${hint}; or --device cpu.`,
    cause,
  });
}

function cudaProblem(message: string): Problem {
  const problem = findCudaProblem();
  if (problem) return problem;
  // cuDNN is looked for when it is first used.
  if (message.includes('cuDNN is unavailable')) return { reason: reasonOf(message), hint: libraryHint };
  return {
    reason: /CUDA failure \d+: [^;]*[^;\s]/.exec(message)?.[0] ?? reasonOf(message),
    hint: 'nvidia-smi lists the GPUs of this node',
  };
}

function webgpuProblem(message: string): Problem {
  const adapter = /Failed to get a WebGPU adapter: .*/.exec(message)?.[0];
  if (adapter === undefined) return { reason: reasonOf(message), hint: 'Another precision may do' };
  return { reason: adapter, hint: "It needs libvulkan.so.1 (Debian: libvulkan1) and the GPU's Vulkan driver" };
}

/** Without the place in onnxruntime's sources. */
function reasonOf(message: string): string {
  return message
    .trim()
    .split('\n')[0]
    .replace(/^.*Status Message: /, '');
}
