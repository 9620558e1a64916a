import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createSession, tensor } from '../../src/engines/onnx/session.js';
import { openSource } from '../../src/io/hdf5/source.js';
import { writeSample } from './fixtures/sample.js';
import { train } from './fixtures/training.js';

const octants = 256;
const folder = mkdtempSync(join(tmpdir(), 'swae-test-'));
const [data, output] = [join(folder, 'data.h5'), join(folder, 'run')];

test.before(async () => {
  writeSample(data, { octants, variables: { '/U_ALPHA': 'positive', '/U_K': 'signed' } });
  const options = ['--batch-size', '64', '--epochs', '30', '--output-dir', output];
  const { code, stderr } = await train([data, ...options]);
  if (code !== 0) throw new Error(stderr);
});

test.after.always(() => rmSync(folder, { recursive: true }));

const restores = test.macro({
  title: (_, path: string) => `encoder.onnx and decoder.onnx take and give raw values of ${path}`,
  async exec(t, path: string) {
    const source = openSource(data);
    const values = source.readSlice(
      path,
      [octants, 5, 5, 5].map((size) => [0, size] as const),
    ) as Float32Array<ArrayBuffer>;
    source.close();
    const encoded = await runGraph('encoder.onnx', { blocks: tensor(values, [octants, 5, 5, 5]) });
    t.deepEqual(encoded.latent!.dims, [octants, 16]);
    t.deepEqual(encoded.scale!.dims, [octants, 2]);
    const { blocks } = await runGraph('decoder.onnx', encoded);
    t.deepEqual(blocks!.dims, [octants, 5, 5, 5]);
    const decoded = blocks!.data as Float32Array;
    // Each block's mean is the best that one number a block can do.
    t.true(squaredError(values, decoded) < 0.5 * squaredError(values, blockMeans(values)));
  },
});

test(restores, '/U_ALPHA');
test(restores, '/U_K');

type Tensors = Awaited<ReturnType<Awaited<ReturnType<typeof createSession>>['run']>>;

async function runGraph(name: string, feeds: Tensors): Promise<Tensors> {
  const session = await createSession(readFileSync(join(output, name)), { threads: 1 });
  const results = await session.run(feeds);
  await session.release();
  return results;
}

function squaredError(expected: Float32Array, actual: Float32Array): number {
  return expected.reduce((sum, value, i) => sum + (actual[i]! - value) ** 2, 0);
}

function blockMeans(values: Float32Array): Float32Array {
  const means = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += 125) {
    const block = values.subarray(start, start + 125);
    means.fill(block.reduce((sum, value) => sum + value, 0) / 125, start, start + 125);
  }
  return means;
}
