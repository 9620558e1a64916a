import { join } from 'node:path';
import test from 'ava';
import { assertClose } from '../close.js';
import { temporaryFolder, writeSample } from './fixtures/sample.js';
import { expectCode } from './fixtures/swae.js';
import { readMetrics } from './fixtures/training.js';

const dataUrl = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`;

/** The environment of a process that finds the packages of TensorFlow.js at `target`, whether they are installed or not. */
function packagesAt(target: string): { NODE_OPTIONS: string } {
  const hook = `export const resolve = (name, context, next) =>
    next(name.startsWith('@tensorflow/tfjs-node') ? ${JSON.stringify(target)} : name, context);`;
  const setup = `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(hook))});`;
  return { NODE_OPTIONS: `--import=${dataUrl(setup)}` };
}

const plainJavaScript = packagesAt(new URL('./fixtures/tensorflow-package.js', import.meta.url).href);

test('the same run on either engine', async (t) => {
  const folder = temporaryFolder(t);
  const data = join(folder, 'data.h5');
  writeSample(data);
  const run = async (engine: string) => {
    const output = join(folder, engine);
    const options = ['--batch-size', '16', '--epochs', '1', '--engine', engine, '--output-dir', output];
    await expectCode(t, 0, ['train', data, ...options], { env: plainJavaScript });
    return readMetrics(output);
  };
  const [found, expected] = [await run('onnx'), await run('tensorflow')];
  t.is(found.length, 1);
  t.deepEqual(found.map(Object.keys), expected.map(Object.keys));
  // Both float32, over some ten steps.
  for (const [i, record] of expected.entries())
    assertClose(Object.values(found[i]), Object.values(record), (value) => 1e-4 * Math.abs(value), `epoch ${i}`);
});

test('without its package the engine is refused before anything is read, and the way to install it named', async (t) => {
  const output = join(temporaryFolder(t), 'run');
  const args = ['train', 'nowhere.h5', '--engine', 'tensorflow', '--output-dir', output];
  const { stderr } = await expectCode(t, 1, args, { env: packagesAt('@swae/not-installed') });
  t.regex(
    stderr,
    /^swae: engine "tensorflow": none of .*tfjs-node-gpu, .*tfjs-node is installed\n {2}\.\/launch\.sh setup --tensorflow .*: npm install .*tfjs-node-gpu, or without a GPU: npm install .*tfjs-node$/m,
  );
});

for (const [option, message] of [
  ['--device cuda', '--engine tensorflow runs where its package does, on a GPU or not: leave out --device cuda'],
  ['--precision mixed', '--engine tensorflow has no --precision mixed, only float32'],
] as const)
  test(`${option} is for the other engine`, async (t) => {
    const args = ['train', 'nowhere.h5', '--engine', 'tensorflow', ...option.split(' ')];
    const { stderr } = await expectCode(t, 2, args, { env: plainJavaScript });
    t.is(stderr.split('\n')[0], `swae: ${message}`);
  });
