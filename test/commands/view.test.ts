/** The server of `swae view`, asked as other programs and pages may ask it. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import test from 'ava';
import { encodedOf } from './fixtures/content.js';
import { writeSample } from './fixtures/sample.js';
import { expectCode, temporaryFolder } from './fixtures/swae.js';
import { startViewer } from './fixtures/viewer.js';

const folder = temporaryFolder();
const input = join(folder, 'input');
writeSample(join(input, 'a.h5'), { octants: 4 });
writeSample(join(input, 'deep/b.h5'), { octants: 4, seed: 2 });
const results = join(folder, 'results');
test.before((t) => expectCode(t, 0, ['compress', input, '--error-bound', '1e-3', '--output-dir', results]));

interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: Buffer;
}

function ask(url: string, options: { method?: string; headers?: Record<string, string> } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(url, options, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(parts) }),
      );
    })
      .on('error', reject)
      .end();
  });
}

test('the archive, whole and in parts', async (t) => {
  const { url } = await startViewer(t, [encodedOf(results)]);
  const bytes = readFileSync(encodedOf(results));
  const whole = await ask(`${url}archive.h5`);
  t.is(whole.status, 200);
  t.is(whole.headers['accept-ranges'], 'bytes');
  t.true(whole.body.equals(bytes));
  const part = await ask(`${url}archive.h5`, { headers: { Range: 'bytes=100-1123' } });
  t.is(part.status, 206);
  t.is(part.headers['content-range'], `bytes 100-1123/${bytes.length}`);
  t.true(part.body.equals(bytes.subarray(100, 1124)));
  const beyond = await ask(`${url}archive.h5`, { headers: { Range: `bytes=${bytes.length}-` } });
  t.deepEqual([beyond.status, beyond.headers['content-range']], [416, `bytes */${bytes.length}`]);
  const head = await ask(`${url}archive.h5`, { method: 'HEAD' });
  t.deepEqual([head.status, head.headers['content-length'], head.body.length], [200, String(bytes.length), 0]);
});

test('nothing else, to nobody else', async (t) => {
  const { url } = await startViewer(t, [encodedOf(results)]);
  const { port, origin, pathname } = new URL(url);
  const statusOf = async (path: string, headers = {}, method = 'GET') =>
    (await ask(origin + path, { method, headers })).status;
  t.is(await statusOf(pathname), 200);
  for (const path of [
    '/',
    '/archive.h5',
    `${pathname}../archive.h5`,
    `${pathname}package.json`,
    `${pathname}source-0.h5`,
  ])
    t.is(await statusOf(path), 404, path);
  t.is(await statusOf(pathname, { Host: `evil.example:${port}` }), 403);
  t.is(await statusOf(pathname, { Host: 'localhost.evil.example' }), 403);
  // Through a tunnel from another port.
  t.is(await statusOf(pathname, { Host: 'localhost:8080' }), 200);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) t.is(await statusOf(pathname, {}, method), 405, method);
  const { headers } = await ask(url);
  t.regex(String(headers['content-security-policy']), /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/);
  t.false('access-control-allow-origin' in headers);
  // On the loopback interface alone.
  await t.throwsAsync(ask(url.replace('127.0.0.1', '127.0.0.2')), { code: 'ECONNREFUSED' });
});

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  test(`${signal} ends it, with exit code 0`, async (t) => {
    const viewer = await startViewer(t, [encodedOf(results)]);
    await ask(viewer.url);
    t.is(await viewer.end(signal), 0);
  });

test('originals: those that are as they were, the others are told', async (t) => {
  const changed = join(folder, 'changed');
  mkdirSync(join(changed, 'deep'), { recursive: true });
  copyFileSync(join(input, 'a.h5'), join(changed, 'a.h5'));
  writeSample(join(changed, 'deep/b.h5'), { octants: 5 });
  const { url, stdout } = await startViewer(t, [encodedOf(results), '--source', changed]);
  t.regex(stdout, /^deep\/b\.h5: expected \d+ bytes as when it was compressed, got \d+: shown without original$/m);
  const { sources } = JSON.parse((await ask(`${url}files.json`)).body.toString());
  t.deepEqual(
    sources.map(({ name }: { name: string }) => name),
    ['a.h5'],
  );
  t.true((await ask(url + sources[0].url)).body.equals(readFileSync(join(input, 'a.h5'))));
});

test('the folder of a run; a port of the user; the line for a tunnel', async (t) => {
  const run = join(encodedOf(results), '..');
  const { url, stdout } = await startViewer(t, [run]);
  const { port } = new URL(url);
  t.regex(stdout, new RegExp(`ssh -N -L ${port}:127.0.0.1:${port} \\S+@\\S+`));
  const taken = await expectCode(t, 1, ['view', run, '--port', port]);
  t.regex(taken.stderr, new RegExp(`^swae: port ${port} is in use\n`));
});

test('what is no archive', async (t) => {
  t.regex((await expectCode(t, 1, ['view', join(input, 'a.h5')])).stderr, /a\.h5": not a swae archive/);
  t.regex((await expectCode(t, 1, ['view', join(folder, 'none.h5')])).stderr, /none\.h5": no such file/);
  const short = join(folder, 'short.h5');
  writeFileSync(short, readFileSync(encodedOf(results)).subarray(0, 3000));
  t.regex((await expectCode(t, 1, ['view', short])).stderr, /short\.h5": truncated/);
  t.regex((await expectCode(t, 2, ['view', short, '--port', '65536'])).stderr, /--port must be a whole number/);
  const other = join(folder, 'other');
  writeSample(join(other, 'c.h5'));
  const { stderr } = await expectCode(t, 1, ['view', encodedOf(results), '--source', other]);
  t.regex(stderr, /has none of the files that were compressed[\s\S]*a\.h5 deep\/b\.h5/);
});
