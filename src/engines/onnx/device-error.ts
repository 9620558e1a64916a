import { InputError } from '../../errors.js';
import { findCudaProblem, type Problem } from './cuda-libraries.js';
import { type Device, nameOf } from './device.js';

/** What a session that could not be made on a device means, for the user. */
export function deviceError(device: Device, error: unknown): Error {
  const cause = error instanceof Error ? error : new Error(String(error));
  if (device.kind === 'cpu') return cause;
  const { reason, hint } = device.kind === 'cuda' ? cudaProblem(cause.message) : webgpuProblem(cause.message);
  return new InputError(`device ${nameOf(device)} cannot be used: ${reason}`, {
    hint: `${hint}; or --device cpu.`,
    cause,
  });
}

function cudaProblem(message: string): Problem {
  return (
    findCudaProblem() ?? {
      reason: /CUDA failure \d+: [^;]*\S/.exec(message)?.[0] ?? firstLine(message),
      hint: 'nvidia-smi lists the GPUs of this node, swae devices what is missing',
    }
  );
}

function webgpuProblem(message: string): Problem {
  return {
    reason: /Failed to get a WebGPU adapter: .*/.exec(message)?.[0] ?? firstLine(message),
    hint: "It needs libvulkan.so.1 (Debian: libvulkan1) and the GPU's Vulkan driver",
  };
}

function firstLine(message: string): string {
  return message.trim().split('\n')[0];
}
