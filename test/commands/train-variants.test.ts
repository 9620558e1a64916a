/** Options that change how training goes, each from end to end. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { readSafetensors } from '../../src/io/checkpoint.js';
import { assertClose } from '../close.js';
import { writeSample } from './fixtures/sample.js';
import { readMetrics, train } from './fixtures/training.js';

const folder = mkdtempSync(join(tmpdir(), 'swae-test-'));
const data = join(folder, 'data.h5');

test.before(() => {
  writeSample(data, { octants: 64 });
});

test.after.always(() => rmSync(folder, { recursive: true }));

/** With a small network, unless `options` name one. */
async function run(name: string, options: string): Promise<string> {
  const output = join(folder, name);
  const network = options.includes('--arch') ? [] : ['--widths', '128,64'];
  const args = [data, '--batch-size', '8', ...network, ...options.split(' ').filter(Boolean), '--output-dir', output];
  const { code, stderr } = await train(args);
  if (code !== 0) throw new Error(stderr);
  return output;
}

const losses = (output: string) =>
  readMetrics(output).map(({ reconstruction, epoch_reconstruction }) => reconstruction ?? epoch_reconstruction);
const identity = (output: string) => JSON.parse(readSafetensors(join(output, 'last.safetensors')).metadata.run);
const position = (output: string) => JSON.parse(readSafetensors(join(output, 'last.safetensors')).metadata.position);

test('a batch in parts has the same reconstruction loss and gradients', async (t) => {
  const options = '--max-steps 60 --divergence-weight 0';
  const whole = losses(await run('whole', options));
  const parts = losses(await run('parts', `${options} --accumulate 4`));
  // The same float32 terms in another order, 60 steps long.
  assertClose(parts as number[], whole as number[], (value) => 1e-4 * value, 'losses');
  t.true(whole.length > 2);
});

test('a batch that the parts do not divide is refused', async (t) => {
  const args = [data, '--batch-size', '10', '--accumulate', '4', '--output-dir', join(folder, 'odd')];
  const { code, stderr } = await train(args);
  t.is(code, 2);
  t.regex(stderr, /^swae: --batch-size 10 is not divisible by --accumulate 4$/m);
});

test('in mixed precision losses are near those in float32', async (t) => {
  const options = '--max-steps 60';
  const full = losses(await run('full', options));
  const mixed = await run('mixed', `${options} --precision mixed`);
  // float16 has 11 bits: 5e-4 of each operand, averaged over hundreds of products.
  assertClose(losses(mixed) as number[], full as number[], (value) => 1e-2 * value, 'losses');
  t.notDeepEqual(losses(mixed), full);
  t.like(position(mixed), { lossScale: { value: 2 ** 15, stepsSince: 60 } });
});

test('a run that left steps out for overflow goes on to the same bytes', async (t) => {
  // Such a weight makes gradients overflow until the loss scale has fallen.
  const options = '--precision mixed --optimiser adam --divergence-weight 1e4 --clip-norm 1 --warmup-steps 3';
  const whole = await run('overflow', `${options} --max-steps 24`);
  t.true(position(whole).lossScale.value < 2 ** 15, 'no step was left out');
  await run('overflow-parts', `${options} --max-steps 17`);
  const parts = await run('overflow-parts', `${options} --max-steps 24 --resume`);
  const last = (output: string) => readFileSync(join(output, 'last.safetensors'));
  t.true(last(parts).equals(last(whole)));
});

test('a run that diverges says so and leaves no model', async (t) => {
  const output = join(folder, 'diverged');
  const options = ['--optimiser', 'adam', '--lr', '1e30', '--warmup-steps', '0', '--max-steps', '1'];
  const { code, stderr } = await train([data, '--batch-size', '8', ...options, '--output-dir', output]);
  t.is(code, 1);
  t.regex(stderr, /^swae: the validation error after step 1 is (NaN|Infinity): training diverged\n {2}A smaller --lr/m);
  t.deepEqual(
    readdirSync(output).filter((name) => name.startsWith('best')),
    [],
  );
});

test('on a plateau the rate is halved', async (t) => {
  const options = '--max-steps 80 --schedule plateau --plateau-patience 0 --lr 0.5 --warmup-steps 0';
  t.true(position(await run('plateau', options)).plateau.reduction < 1);
});

test('with linear scaling the rate goes with the batch', async (t) => {
  t.is(identity(await run('scaled', '--max-steps 1 --scale-lr --lr 0.32')).lr, 0.01);
});

test('the variable with the largest validation error is drawn more often', async (t) => {
  const output = await run('worst', '--max-steps 40 --oversample-worst 3');
  t.is(position(output).worst.length, 1);
  t.notDeepEqual(losses(output), losses(await run('even', '--max-steps 40')));
});

for (const optimiser of ['adam', 'muon'])
  test(`${optimiser} trains`, async (t) => {
    const output = await run(optimiser, `--max-steps 200 --optimiser ${optimiser} --warmup-steps 10`);
    const [first, ...others] = losses(output) as number[];
    t.true(others.at(-1)! < first / 2);
  });

test('conv-bn trains, and its model has running statistics', async (t) => {
  const output = await run('conv-bn', '--arch conv-bn --max-steps 4');
  const { tensors } = readSafetensors(join(output, 'best_model.safetensors'));
  const variance = tensors['encoder.1.running_variance']!.data as Float32Array;
  t.is(variance.length, 32);
  t.true(variance.every((value) => value > 0 && value !== 1));
});

test('optimised graphs are kept, read by the next start, and change nothing', async (t) => {
  const cache = join(folder, 'cache');
  const without = await run('uncached', '--max-steps 20');
  const first = await run('cached', `--max-steps 20 --graph-cache ${cache}`);
  const kept = () => readdirSync(cache).map((name) => `${name} ${statSync(join(cache, name)).mtimeMs}`);
  // A file that a crash has cut short is made anew.
  const [broken] = readdirSync(cache);
  const whole = readFileSync(join(cache, broken!));
  writeFileSync(join(cache, broken!), whole.subarray(0, 1000));
  await run('mended', `--max-steps 1 --graph-cache ${cache}`);
  t.true(readFileSync(join(cache, broken!)).equals(whole));
  const before = kept();
  const second = await run('again', `--max-steps 20 --graph-cache ${cache}`);
  t.deepEqual(kept(), before);
  t.true(before.length > 2 && before.every((name) => /^[0-9a-f]{64}\.onnx /.test(name)));
  const model = (output: string) => readFileSync(join(output, 'best_model.safetensors'));
  t.true(model(first).equals(model(without)) && model(second).equals(model(without)));
});
