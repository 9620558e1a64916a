import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';

const program = `
  const { createSession } = await import('${new URL('../../../src/engines/onnx/session.js', import.meta.url)}');
  const { build, input, negate } = await import('${new URL('../../../src/onnx/index.js', import.meta.url)}');
  const x = input('x', 'float32', [1]);
  await createSession(build({ inputs: { x }, outputs: { y: negate(x) } }, { name: 'least' }), { threads: 1 });
`;

test('onnxruntime leaves no log, cache or identifier behind', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'swae-home-'));
  t.teardown(() => rmSync(home, { recursive: true }));
  const { ORT_DISABLE_TELEMETRY: _, ...environment } = process.env;
  const env = { ...environment, HOME: home, XDG_CACHE_HOME: home, TMPDIR: home };
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { env });
  t.deepEqual(readdirSync(home, { recursive: true }), []);
});
