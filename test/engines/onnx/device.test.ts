/** GPUs against the CPU. On machines without one, WebGPU runs on a Vulkan that computes on the CPU, where there is that. */
import test from 'ava';
import { architectureNames } from '../../../src/models/architectures.js';
import { findDevices } from '../../devices.js';
import { runRanks } from '../../launch.js';

/** Of the largest magnitude: float32 sums of up to some hundred terms in another order, in networks of up to 12 layers forth and back. */
const tolerance = 1e-5;
/** Products of float16, which has 11 bits; GPUs and the CPU's emulation round sums at other places. */
const mixedTolerance = 1e-2;

for (const { name, absence, env, isSoftware } of await findDevices()) {
  // Not every WebGPU has float16.
  const precisions = name === 'cuda' ? 'float32,mixed' : 'float32';
  const title = `${name}: latents, blocks, losses, gradients and statistics agree with the CPU`;
  (absence ? test.skip : test)(absence ? `${title} (${absence})` : title, async (t) => {
    t.timeout(300_000);
    const architectures = isSoftware ? 'mlp' : architectureNames.join();
    const program = 'build/test/engines/onnx/fixtures/agreement.js';
    const { stdout, stderr } = await runRanks({
      library: 'solo',
      program,
      args: [name, architectures, precisions],
      env,
    });
    const found: [string, { difference: number; magnitude: number }][] = Object.entries(JSON.parse(stdout || '{}'));
    t.true(found.length >= 9, stderr);
    for (const [what, { difference, magnitude }] of found) {
      const allowed = (what.includes('mixed') ? mixedTolerance : tolerance) * magnitude;
      t.true(difference <= allowed, `${what}: ${difference} is more than ${allowed}`);
    }
  });
}
