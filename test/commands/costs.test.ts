import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { breakEvenBandwidth, totalMicroseconds, transferMicroseconds } from '../../src/commands/costs/coder.js';
import { parseLinks } from '../../src/commands/costs/links.js';
import { UsageError } from '../../src/errors.js';
import { elementsOf } from './fixtures/picture.js';
import { expectCode, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const costs = async (t: ExecutionContext, ...args: string[]) => (await expectCode(t, 0, ['costs', ...args])).stdout;
/** What the command says without options. */
let plain = '';
test.before(async (t) => {
  plain = await costs(t);
});

/** As on the page of the original system: link, TX raw, TX latent, raw total, Conv SWAE total, MLP SWAE FLOAT8 total. */
const page = [
  ['NVLink 3 (100 GB/s)', '0.04', '0.0013', '0.04', '4.2196', '0.0048'],
  ['NVLink 4 (200 GB/s)', '0.02', '0.0006', '0.02', '4.219', '0.0041'],
  ['PCIe 4x16 (32 GB/s)', '0.125', '0.004', '0.125', '4.2224', '0.0075'],
  ['IB 200 Gb (25 GB/s)', '0.16', '0.0051', '0.16', '4.2235', '0.0086'],
  ['Eth 40 Gb (5 GB/s)', '0.8', '0.0256', '0.8', '4.244', '0.0291'],
  ['Eth 10 Gb (1.25 GB/s)', '3.2', '0.1024', '3.2', '4.3208', '0.1059'],
  ['Eth 1 Gb (0.125 GB/s)', '32.0', '1.024', '32.0', '5.2424', '1.0275'],
];
const rowsOf = (stdout: string) =>
  [...stdout.matchAll(/^(.+ \(.+ GB\/s\)) {2,}(.*)$/gm)].map(([, link, cells]) => [link, ...cells.split(/ +/)]);

test('the table of the original page, to the last digit', (t) => {
  t.deepEqual(rowsOf(plain).slice(0, page.length), page);
});

test('beside it, the table with bytes divided by bytes per second', (t) => {
  t.regex(plain, /bits divided by bytes per second: 500 B at 100 GB\/s take 0\.005 µs, the page has 0\.04\./);
  const corrected = rowsOf(plain).slice(page.length);
  t.is(corrected.length, page.length);
  for (const [i, [link, ...cells]] of corrected.entries()) {
    t.is(link, page[i][0]);
    const [raw, latent, rawTotal, conv, mlp] = cells.map(Number);
    const [wrongRaw, wrongLatent, , wrongConv, wrongMlp] = page[i].slice(1).map(Number);
    const near = (a: number, b: number) => t.true(Math.abs(a - b) < 1.6e-4, `${link}: ${a}, ${b}`);
    near(raw, wrongRaw / 8);
    t.is(rawTotal, raw);
    near(latent, wrongLatent / 8);
    near(conv - latent, wrongConv - wrongLatent);
    near(mlp - latent, wrongMlp - wrongLatent);
  }
  t.deepEqual(corrected[0], ['NVLink 3 (100 GB/s)', '0.005', '0.0002', '0.005', '4.2185', '0.0036']);
});

for (const args of [
  ['--block-size', '7'],
  ['--latent-size', '8'],
  ['--dtype', 'float64'],
  ['--link', 'lab=1'],
])
  test(`${args.join(' ')}: not the page's task`, async (t) => t.notRegex(await costs(t, ...args), /original page/));

/** Cells of the row of a table that begins with this name; of the `index`th such row. */
const rowOf = (stdout: string, name: string, index = 0) =>
  stdout
    .split('\n')
    .filter((line) => line.startsWith(`${name}  `))
    [index].slice(name.length)
    .trim()
    .split(/ {2,}/);
const near = (t: ExecutionContext, got: string, expected: number) =>
  t.true(Math.abs(Number.parseFloat(got) - expected) <= 0.006 * expected, `${got}, ${expected}`);

test('an A100 at its peak, by hand', (t) => {
  const stdout = plain;
  for (const [precision, rate, bytes] of [
    ['float32', 19.5e6, 4],
    ['float8', 280e6, 1],
    ['int8', 312e6, 1],
  ] as const) {
    const [sent, ratio, encode, decode, even] = rowOf(stdout, `mlp ${precision}`);
    const half = 398_336 / rate + 500 / 1.6e6;
    t.is(Number(sent), 16 * bytes + 8);
    t.is(ratio, (500 / (16 * bytes + 8)).toFixed(1));
    near(t, encode, half);
    near(t, decode, half);
    near(t, even, (500 - 16 * bytes - 8) / (2 * half) / 1e3);
    const times = rowOf(stdout, `mlp ${precision}`, 1);
    near(t, times[0], 2 * half + Number(sent) / 100e3);
    near(t, times[6], 2 * half + Number(sent) / 125);
  }
  t.deepEqual(rowOf(stdout, 'raw'), ['0.005', '0.0025', '0.0156', '0.02', '0.1', '0.4', '4']);
});

test('a tick where it is faster than raw, on links below the break-even', (t) => {
  const stdout = plain;
  const bandwidths = [100, 200, 32, 25, 5, 1.25, 0.125];
  for (const architecture of ['mlp', 'conv', 'conv-bn'])
    for (const precision of ['float32', 'float8', 'int8']) {
      const name = `${architecture} ${precision}`;
      const even = Number(rowOf(stdout, name)[4]);
      const row = stdout.split('\n').filter((line) => line.startsWith(`${name}  `))[1];
      const ticks = [...row.slice(name.length).matchAll(/[\d.]+( ✓)?/g)].map(([, tick]) => tick !== undefined);
      t.deepEqual(
        ticks,
        bandwidths.map((bandwidth) => bandwidth < even),
        name,
      );
    }
});

test('the latency of a link is shared by the blocks of a message', async (t) => {
  const stdout = await costs(t, '--link', 'lab=2.5,8', 'far=1', '--message-blocks', '16');
  t.regex(stdout, /^Latency of a message of 16 block\(s\): lab 8 µs\.$/m);
  t.deepEqual(rowOf(stdout, 'raw'), ['0.7', '0.5']);
});

test('float64: blocks and scale are twice as long', async (t) => {
  const stdout = await costs(t, '--dtype', 'float64', '--block-size', '7');
  t.regex(stdout, /^A block of 7³ float64 \(2744 B\) to 16 latents, minimum and range$/m);
  t.deepEqual(rowOf(stdout, 'conv float32').slice(0, 2), ['80', '34.3']);
});

test('at the break-even bandwidth both ways take equally long, whatever the latency', (t) => {
  const positive = fc.double({ min: 1e-3, max: 1e3, noNaN: true });
  fc.assert(
    fc.property(
      positive,
      positive,
      positive,
      fc.nat(400),
      fc.integer({ min: 1, max: 99 }),
      (encode, decode, latency, sent, blocks) => {
        const coder = {
          architecture: 'mlp',
          precision: 'float32',
          encodeMicroseconds: encode,
          decodeMicroseconds: decode,
          sentBytes: sent,
        };
        const message = { rawBytes: 500, blocks };
        const link = { name: '', bandwidth: breakEvenBandwidth(coder, 500), latencyMicroseconds: latency };
        const raw = transferMicroseconds(link, 500, message);
        t.true(Math.abs(totalMicroseconds(coder, link, message) - raw) < 1e-9 * raw);
        const slower = { ...link, bandwidth: link.bandwidth / 2 };
        t.true(totalMicroseconds(coder, slower, message) < transferMicroseconds(slower, 500, message));
      },
    ),
  );
});

test('--measured: every architecture, and a break-even that follows from its times; drawn', async (t) => {
  const output = join(folder, 'measured.svg');
  const stdout = await costs(t, '--measured', '--threads', '1', '--output', output);
  t.regex(stdout, /^Measured on .+, 1 thread\(s\)$/m);
  for (const architecture of ['mlp', 'conv', 'conv-bn']) {
    const [sent, , encode, decode, even] = rowOf(stdout, `${architecture} float32`, 2);
    t.is(sent, '72');
    t.true(Number(encode) > 0 && Number(decode) > 0);
    const expected = (500 - 72) / (Number(encode) + Number(decode)) / 1e3;
    t.true(Math.abs(Number(even) - expected) < 0.03 * expected);
  }
  const elements = elementsOf(readFileSync(output, 'utf8'));
  t.is(elements.filter(({ tag }) => tag === 'circle').length, 12);
});

test('the picture: well-formed and within its frame; every coder, link and break-even', async (t) => {
  const output = join(folder, 'links.svg');
  await costs(t, '--link', 'a<b>&c=2,1', 'slow=0.01', '--output', output);
  const elements = elementsOf(readFileSync(output, 'utf8'));
  const texts = elements.filter(({ tag }) => tag === 'text').map(({ content }) => content);
  for (const name of ['a&lt;b&gt;&amp;c', 'slow', 'mlp float8', 'conv int8', 'conv-bn float32'])
    t.is(texts.filter((content) => content === name).length, 2, name);
  t.is(texts.filter((content) => /^([\d.]+×|1\/[\d,]+)$/.test(content)).length, 9 * 2);
  t.is(elements.filter(({ tag }) => tag === 'circle').length, 9);
  // The places of a line are those in its own panel.
  for (const { attributes } of elements.filter(({ tag }) => tag === 'path'))
    for (const [, x, y] of (attributes.d ?? '').matchAll(/[ML]([\d.-]+),([\d.-]+)/g)) {
      t.true(Number(x) >= -6 && Number(x) <= 820, `x ${x}`);
      t.true(Number(y) >= 0 && Number(y) <= 440, `y ${y}`);
    }
});

test('the picture in docs is what the command draws', async (t) => {
  const output = join(folder, 'costs.svg');
  await costs(t, '--output', output);
  t.is(readFileSync('docs/costs.svg', 'utf8'), readFileSync(output, 'utf8'));
});

for (const text of ['lab=0', 'lab=fast', 'lab=1,-2', '=1'])
  test(`no link: ${text}`, (t) => {
    t.throws(() => parseLinks([text]), { instanceOf: UsageError, message: new RegExp(`^--link "${text}": expected `) });
  });

test('two links of one name', (t) => {
  const message = '--link: "lab" is given twice';
  t.throws(() => parseLinks(['lab=1', 'lab=2']), { instanceOf: UsageError, message });
});

const wrong: [args: string[], message: RegExp][] = [
  [['--link', 'lab'], /^swae: --link "lab": expected NAME=GB\/s or NAME=GB\/s,µs, e\.g\. lab=25,1\.5$/m],
  [['--message-blocks', '0'], /^swae: --message-blocks must be a whole number from 1, got 0$/m],
  [['--latent-size', '0'], /^swae: --latent-size must be a whole number from 1, got 0$/m],
  [['--output', 'a.png'], /^swae: --output "a\.png": expected a name that ends in \.svg$/m],
  [['--threads', '1'], /threads -> measured/],
  [['--device', 'cpu'], /device -> measured/],
  [['--measured', '--threads', '0'], /^swae: threads must be a whole number from 1, got 0$/m],
  [['--measured', '--device', 'tpu'], /^swae: --device must be cpu, cuda, cuda:N or webgpu, got "tpu"$/m],
];
for (const [args, message] of wrong)
  test(`${args.join(' ')}: exit code 2`, async (t) => {
    const { stdout, stderr } = await expectCode(t, 2, ['costs', ...args]);
    t.is(stdout, '');
    t.regex(stderr, message);
  });
