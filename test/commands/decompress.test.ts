/** Bits that any processing would change, and kills: SWAE_TEST_KILLS (default 3) of them, at moments of SWAE_TEST_SEED. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import test from 'ava';
import { openSource } from '../../src/io/hdf5/source.js';
import { random } from '../../src/models/random.js';
import { program } from '../program.js';
import { contentOf, encodedOf, filesBelow } from './fixtures/content.js';
import { wave, writeFile, writeModel, writeOctants } from './fixtures/data.js';
import { expectCode, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const input = join(folder, 'input');
const model = writeModel(join(folder, 'model.safetensors'), 7);
const results = join(folder, 'results');
const whole = join(folder, 'whole');
const names = Array.from({ length: 8 }, (_, i) => `run/${i}.h5`);
for (const [seed, name] of names.entries()) writeOctants(join(input, name), { seed, count: 400 });
writeFile(join(input, 'nan.h5'), (writer) => {
  for (const dtype of ['float32', 'float64'] as const)
    writer.writeDataset(`/${dtype}`, dtype, [2, 7, 7, 7], payloads(dtype));
});

let workMs = 0;
test.before(async (t) => {
  const options = ['--model-path', model, '--output-dir', results, '--no-reconstruct'];
  await expectCode(t, 0, ['compress', input, ...options]);
  const ended = expectCode(t, 0, ['decompress', encodedOf(results), '--output-dir', whole]);
  while (!existsSync(whole)) await setTimeout(2);
  const begun = performance.now();
  await ended;
  workMs = performance.now() - begun;
});

/** A signalling NaN with a payload, and a negative quiet one. */
function payloads(dtype: 'float32' | 'float64'): Float32Array | Float64Array {
  const [values] = wave([2, 7, 7, 7], dtype, 1);
  if (values instanceof Float32Array) new Uint32Array(values.buffer).set([0x7fa12345, 0xffc54321], 10);
  else new BigUint64Array(values.buffer).set([0x7ff4000012345678n, 0xfff8000087654321n], 10);
  return values;
}

for (const dtype of ['float32', 'float64'] as const) {
  test(`the bits of a NaN are kept, ${dtype}`, (t) => {
    const source = openSource(join(whole, 'nan.h5'));
    const size = payloads(dtype).byteLength / 2;
    const [block, expected] = [source.readBytes(`/${dtype}`), payloads(dtype).buffer];
    source.close();
    t.deepEqual(Buffer.from(block).subarray(0, size), Buffer.from(expected).subarray(0, size));
  });
}

for (let kill = 0; kill < Number(process.env.SWAE_TEST_KILLS ?? 3); kill++) {
  test.serial(
    `a kill leaves whole files under final names alone, and the command again makes them all, ${kill}`,
    async (t) => {
      const share = random(Number(process.env.SWAE_TEST_SEED ?? 1), kill).uniform();
      const output = join(folder, `killed-${kill}`);
      const args = ['decompress', encodedOf(results), '--output-dir', output];
      const child = spawn(process.execPath, [program, ...args], { stdio: 'ignore' });
      const ended = new Promise((resolve) => child.on('close', resolve));
      while (child.exitCode === null && !existsSync(output)) await setTimeout(2);
      await setTimeout(share * workMs);
      child.kill('SIGKILL');
      await ended;
      const left = filesBelow(output).filter((name) => !name.endsWith('.tmp'));
      t.log(`${left.length} of ${names.length + 1} files were made`);
      for (const name of left) t.deepEqual(contentOf(join(output, name)), contentOf(join(whole, name)), name);
      await expectCode(t, 0, [...args, '--overwrite']);
      t.deepEqual(filesBelow(output), filesBelow(whole));
      for (const name of names) t.deepEqual(contentOf(join(output, name)), contentOf(join(whole, name)), name);
    },
  );
}
