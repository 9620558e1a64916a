/** `swae devices`, and `--device` of other commands. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { providerFolder } from '../../src/engines/onnx/cuda-libraries.js';
import { findDevices } from '../devices.js';
import { encodedOf } from './fixtures/content.js';
import { expectCode, temporaryFolder } from './fixtures/swae.js';

// First: hooks are declared together with the tests.
const [, webgpu] = await findDevices();
const folder = temporaryFolder();
const data = 'data/sample/bssn_q1_step000040_small.h5';
const model = 'save/swae_all_vars_7x7x7_mlp';
const isInstalled = existsSync(join(providerFolder, 'libonnxruntime_providers_cuda.so'));

test('every device is tried, and where one does not run it says why and what to do', async (t) => {
  const { stdout } = await expectCode(t, 0, ['devices']);
  const rows = stdout.split('\n').filter((line) => /^(cpu|cuda:\d+|webgpu) +(yes|no)$/.test(line));
  t.regex(rows[0], /^cpu +yes$/);
  t.true(rows.length >= 3);
  for (const [, device] of rows.flatMap((row) => [/^(\S+) +no$/.exec(row) ?? []]))
    if (device) t.regex(stdout, new RegExp(`^device ${device} cannot be used: .+\\n {2}.+--device cpu\\.$`, 'm'));
});

test('each graph of a network is run, and its nodes counted by provider', async (t) => {
  const args = ['devices', '--device', 'cpu', '--widths', '8', '--block-size', '6', '--batch-size', '4', '--json'];
  const { placed } = JSON.parse((await expectCode(t, 0, args)).stdout);
  t.deepEqual(
    placed.map(({ graph, provider }: { graph: string; provider: string }) => `${graph} ${provider}`),
    [
      'encode CPU',
      'decode CPU',
      'training step CPU',
      ...['216×8', '8×16', '16×8', '8×216'].map((shape) => `Muon ${shape} CPU`),
    ],
  );
  // The network's own: a layer is one node that multiplies.
  t.is(placed[0].operators.FusedGemm + placed[0].operators.Gemm, 2);
});

test('eight-bit networks multiply in eight bits', async (t) => {
  const args = ['devices', '--device', 'cpu', '--widths', '8', '--batch-size', '4', '--precision', 'int8'];
  const { stdout } = await expectCode(t, 0, [...args, '--json']);
  t.deepEqual(
    JSON.parse(stdout).placed.map(({ operators }: { operators: Record<string, number> }) => operators.QGemm > 0),
    [true, true],
  );
});

(isInstalled ? test.skip : test)("without onnxruntime's CUDA provider nothing runs instead", async (t) => {
  const args = ['compress', data, '--model-path', model, '--output-dir', join(folder, 'gpu'), '--device', 'cuda'];
  const { stderr } = await expectCode(t, 1, args);
  t.regex(
    stderr,
    /^swae: device cuda:0 cannot be used: there is no .*_providers_\w+\.so\n {2}To install it: \.\/launch\.sh setup --cuda; or --device cpu\.$/m,
  );
  t.false(existsSync(join(folder, 'gpu')));
});

for (const [mask, device, count] of [
  ['', 'cuda', 0],
  ['0,1', 'cuda:2', 2],
] as const)
  test(`--device ${device} where CUDA_VISIBLE_DEVICES is "${mask}" is a wrong command line`, async (t) => {
    const args = ['evaluate', data, '--model-path', model, '--device', device];
    const { stderr } = await expectCode(t, 2, args, { env: { CUDA_VISIBLE_DEVICES: mask } });
    t.is(
      stderr.split('\n')[0],
      `swae: --device ${device}: this process sees ${count} GPU(s), CUDA_VISIBLE_DEVICES is "${mask}"`,
    );
  });

test('within a bound no device takes part', async (t) => {
  const output = join(folder, 'bounded');
  const bounded = ['compress', data, '--variables', 'U_CHI', '--error-bound', '1e-2', '--output-dir', output];
  const { stderr } = await expectCode(t, 2, [...bounded, '--device', 'webgpu']);
  t.regex(stderr, /^swae: --device webgpu is for networks: within an error bound none takes part/);
  await expectCode(t, 0, [...bounded, '--no-reconstruct']);
  await expectCode(t, 2, ['verify', encodedOf(output), '--device', 'webgpu']);
});

const gpuTest = (title: string, body: (t: ExecutionContext) => Promise<void>) =>
  webgpu.absence ? test.skip(`${title} (${webgpu.absence})`, body) : test(title, body);

gpuTest('a benchmark says what of the time goes to copies', async (t) => {
  const args = ['bench', 'encode', '--device', 'webgpu', '--arch', 'mlp', '--batch-size', '8'];
  const quick = ['--rounds', '1', '--round-ms', '1', '--json'];
  const { device, rows } = JSON.parse((await expectCode(t, 0, [...args, ...quick], { env: webgpu.env })).stdout);
  t.is(device, 'webgpu');
  t.true(rows.length === 1 && rows[0].ofCopies > 0);
});

gpuTest('an archive made on a GPU is as recorded on the CPU, and the other way round', async (t) => {
  const [cpu, gpu] = [join(folder, 'cpu'), join(folder, 'webgpu')];
  const compress = ['compress', data, '--variables', 'U_CHI', '--model-path', model, '--no-reconstruct', '--json'];
  const { env } = webgpu;
  const onCpu = JSON.parse((await expectCode(t, 0, [...compress, '--output-dir', cpu])).stdout);
  const onGpu = JSON.parse(
    (await expectCode(t, 0, [...compress, '--output-dir', gpu, '--device', 'webgpu'], { env })).stdout,
  );
  await expectCode(t, 0, ['verify', encodedOf(gpu), data]);
  await expectCode(t, 0, ['verify', encodedOf(cpu), data, '--device', 'webgpu'], { env });
  t.is(onGpu.encodedBytes > 0 && onGpu.variables[0].storedBytes, onCpu.variables[0].storedBytes);
  // In dB: sums in another order.
  t.true(Math.abs(onGpu.variables[0].psnr - onCpu.variables[0].psnr) < 1e-3);
});
