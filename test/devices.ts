/** Devices other than the CPU, for tests that run wherever there is one. */
import { existsSync } from 'node:fs';
import { swae } from './commands/fixtures/swae.js';

export interface TestDevice {
  readonly name: 'cuda' | 'webgpu';
  /** What a process needs to find it. */
  readonly env: Readonly<Record<string, string>>;
  /** Why there is none; undefined where there is one. */
  readonly absence: string | undefined;
  /** Whether the CPU does its work, slowly. */
  readonly isSoftware: boolean;
}

/** Debian's Chromium brings a Vulkan that computes on the CPU, and the library that finds it. */
const folder = '/usr/lib/chromium';
const icd = `${folder}/vk_swiftshader_icd.json`;
const isSoftware = existsSync(icd);
const { LD_LIBRARY_PATH: libraries } = process.env;
const env: Record<string, string> = isSoftware
  ? { LD_LIBRARY_PATH: libraries ? `${folder}:${libraries}` : folder, VK_ICD_FILENAMES: icd }
  : {};

/** As `swae devices` finds them. */
export async function findDevices(): Promise<TestDevice[]> {
  const { stdout, stderr } = await swae(['devices', '--json'], { env });
  if (!stdout) throw new Error(`swae devices: ${stderr}`);
  const devices: { device: string; problem?: { reason: string } }[] = JSON.parse(stdout).devices;
  return (['cuda', 'webgpu'] as const).map((name) => {
    const { problem } = devices.find(({ device }) => device.split(':')[0] === name)!;
    return { name, env, isSoftware: name === 'webgpu' && isSoftware, absence: problem?.reason };
  });
}
