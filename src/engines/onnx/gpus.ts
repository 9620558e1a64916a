/** NVIDIA's GPUs, as the system shows them: no library is loaded. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A GPU of this machine. */
export interface Gpu {
  /** On PCI, e.g. "0000:17:00.0". */
  readonly bus: string;
  /** E.g. "NVIDIA A100-SXM4-40GB". */
  readonly model: string;
}

/** How many GPUs this process may use; undefined where nothing says so. */
export function countGpus(
  { CUDA_VISIBLE_DEVICES: mask }: NodeJS.ProcessEnv = process.env,
  root: string = '/',
): number | undefined {
  return mask === undefined ? countNodes(join(root, 'dev')) || listGpus(root).length || undefined : countMask(mask);
}

/** Of the driver, in the order of their bus addresses. */
export function listGpus(root: string = '/'): Gpu[] {
  const folder = join(root, 'proc/driver/nvidia/gpus');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((bus) => ({ bus, model: field(readText(join(folder, bus, 'information')), 'Model') ?? 'unknown' }));
}

/** Of NVIDIA's kernel module, e.g. "580.159.04"; undefined where it is not loaded. */
export function driverVersion(root: string = '/'): string | undefined {
  return /Kernel Module.*?\s(\d+\.[\d.]+)\s/.exec(readText(join(root, 'proc/driver/nvidia/version')))?.[1];
}

/** CUDA takes no notice of what comes after the first entry that is no device. */
function countMask(mask: string): number {
  const entries = mask.split(',').map((entry) => entry.trim());
  const end = entries.findIndex((entry) => !/^(\d+|(GPU|MIG)-.+)$/.test(entry));
  return end === -1 ? entries.length : end;
}

/** Those that are in a container, or that Slurm has left. */
function countNodes(folder: string): number {
  return existsSync(folder) ? readdirSync(folder).filter((name) => /^nvidia\d+$/.test(name)).length : 0;
}

function field(text: string, name: string): string | undefined {
  return new RegExp(`^${name}:\\s*(.+)$`, 'm').exec(text)?.[1].trim();
}

function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
