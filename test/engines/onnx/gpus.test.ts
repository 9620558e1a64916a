import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'ava';
import { nameOf, parseDevice } from '../../../src/engines/onnx/device.js';
import { countGpus, driverVersion, listGpus } from '../../../src/engines/onnx/gpus.js';

const root = mkdtempSync(join(tmpdir(), 'swae-gpus-'));
test.after.always(() => rmSync(root, { recursive: true }));

/** A system's root that has these files. */
function systemWith(name: string, files: Readonly<Record<string, string>>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name, path)), { recursive: true });
    writeFileSync(join(root, name, path), text);
  }
  return join(root, name);
}

const gpu = (model: string, uuid: string) =>
  `Model: \t\t ${model}\nIRQ:   \t\t 34\nGPU UUID: \t ${uuid}\nBus Type: \t PCIe\nBlacklisted:\t No\n`;

const two = systemWith('two', {
  'proc/driver/nvidia/version':
    'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.159.04  Release Build\nGCC version:  gcc 12.2.0\n',
  'proc/driver/nvidia/gpus/0000:65:00.0/information': gpu('NVIDIA A100-SXM4-40GB', 'GPU-b'),
  'proc/driver/nvidia/gpus/0000:17:00.0/information': gpu('NVIDIA H100 80GB HBM3', 'GPU-a'),
});
const container = systemWith('container', {
  'dev/nvidia1': '',
  'dev/nvidiactl': '',
  'dev/nvidia-uvm': '',
  'proc/driver/nvidia/gpus/0000:17:00.0/information': gpu('NVIDIA H100 80GB HBM3', 'GPU-a'),
  'proc/driver/nvidia/gpus/0000:65:00.0/information': gpu('NVIDIA H100 80GB HBM3', 'GPU-b'),
});
const none = systemWith('none', { 'dev/null': '' });

for (const [mask, count] of [
  ['0', 1],
  ['0,1,3', 3],
  ['2,0', 2],
  ['GPU-8932f937-d72c-4106-c12f-20bd9faed9f6', 1],
  ['MIG-1b36cc84-d72c-4106,MIG-58cc7d29-d72c-4106', 2],
  // As CUDA's manual has it: what comes after an entry that is no device is not seen.
  ['0,-1,1', 1],
  ['', 0],
  ['-1', 0],
  ['NoDevFiles', 0],
] as const)
  test(`CUDA_VISIBLE_DEVICES "${mask}" shows ${count} GPU(s), whatever the machine has`, (t) => {
    t.is(countGpus({ CUDA_VISIBLE_DEVICES: mask }, two), count);
  });

test('"cuda" is the GPU of the place on the node, modulo those that are seen', (t) => {
  process.env.CUDA_VISIBLE_DEVICES = '4,5,7';
  t.deepEqual(
    [0, 1, 2, 3, 4].map((localRank) => nameOf(parseDevice('cuda', localRank))),
    ['cuda:0', 'cuda:1', 'cuda:2', 'cuda:0', 'cuda:1'],
  );
  t.is(nameOf(parseDevice('cuda:2', 0)), 'cuda:2');
  t.is(nameOf(parseDevice('webgpu', 1)), 'webgpu');
  t.throws(() => parseDevice('cuda:3', 0), { message: /sees 3 GPU\(s\), CUDA_VISIBLE_DEVICES is "4,5,7"$/ });
  for (const text of ['tpu', 'cuda:', 'cuda:x', 'CUDA', ''])
    t.throws(() => parseDevice(text, 0), { message: `--device must be cpu, cuda, cuda:N or webgpu, got "${text}"` });
});

test('without a mask, device files count, else what the driver lists', (t) => {
  t.is(countGpus({}, two), 2);
  t.is(countGpus({}, container), 1);
  t.is(countGpus({}, none), undefined);
});

test('GPUs have models, in the order of their buses', (t) => {
  t.deepEqual(listGpus(two), [
    { bus: '0000:17:00.0', model: 'NVIDIA H100 80GB HBM3' },
    { bus: '0000:65:00.0', model: 'NVIDIA A100-SXM4-40GB' },
  ]);
  t.deepEqual(listGpus(none), []);
});

test('the driver has a version, where it is loaded', (t) => {
  t.is(driverVersion(two), '580.159.04');
  t.is(driverVersion(none), undefined);
  const closed = 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023\n';
  t.is(driverVersion(systemWith('closed', { 'proc/driver/nvidia/version': closed })), '535.104.05');
});
