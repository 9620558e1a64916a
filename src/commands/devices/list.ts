import { cpus } from 'node:os';
import { libraryVersion, tryDevices } from '../../engines/onnx/availability.js';
import { countGpus, driverVersion, listGpus } from '../../engines/onnx/gpus.js';
import type { Result } from '../command-module.js';
import { formatTable } from '../table.js';

/** Each device is tried. */
export async function listDevices(): Promise<Result> {
  const devices = await tryDevices();
  const gpus = listGpus();
  const driver = driverVersion();
  const seen = countGpus();
  const problems = devices.flatMap(({ problem }) => (problem ? [problem.reason, `  ${problem.hint}`] : []));
  return {
    result: { onnxruntime: libraryVersion, processor: cpus()[0]?.model.trim(), driver, gpus, seen, devices },
    lines: [
      `onnxruntime-node ${libraryVersion} on ${process.platform}/${process.arch}, ${cpus()[0]?.model.trim()}`,
      driver === undefined ? "NVIDIA's driver is not loaded" : `NVIDIA's driver ${driver}, ${describeSeen(seen)}`,
      ...gpus.map(({ bus, model }) => `  ${bus}  ${model}`),
      '',
      formatTable(
        ['device', 'runs'],
        devices.map(({ device, problem }) => [device, problem ? 'no' : 'yes']),
      ),
      ...(problems.length > 0 ? ['', ...problems] : []),
    ],
  };
}

function describeSeen(seen: number | undefined): string {
  const mask = process.env.CUDA_VISIBLE_DEVICES;
  return `${seen ?? 'some'} GPU(s) for this process${mask === undefined ? '' : ` (CUDA_VISIBLE_DEVICES=${mask})`}:`;
}
