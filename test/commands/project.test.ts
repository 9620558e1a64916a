/** `swae project` as a user calls it: figures by hand, advice, picture, refusals. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { elementsOf } from './fixtures/picture.js';
import { expectCode, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const scaling = 'test/commands/fixtures/scaling.json';
const project = async (t: ExecutionContext, ...args: string[]) => (await expectCode(t, 0, ['project', ...args])).stdout;
const documentOf = async (t: ExecutionContext, ...args: string[]) => JSON.parse(await project(t, '--json', ...args));

const rates = ['--train-rate', '1000', '--compress-rate', '0.1', '--writer-rate', '1'];
const given = [...rates, '--ratio', '10', '--batch-size', '100', '--sort-time', '3', '--link', 'lab=1,0'];
const closeTo = (t: ExecutionContext, value: number, expected: number) =>
  t.true(Math.abs(value - expected) <= 1e-9 * Math.abs(expected), `${value} is not ${expected}`);

test('a step on two and on a hundred ranks, by hand', async (t) => {
  const { projections } = await documentOf(t, ...given, '--ranks', '1', '2', '100');
  const [alone, two, hundred] = projections[0].train.filter((step: { scaling: string }) => step.scaling === 'weak');
  t.like(alone, { ranks: 1, rows: 100, seconds: 0.1, efficiency: 1, bottleneck: 'compute' });
  // 5³ MLP: weights and biases of 125·512·256·16·256·512·125. On two ranks: once over the link.
  const gradients = 4 * (2 * (125 * 512 + 512 * 256 + 256 * 16) + 2 * (512 + 256) + 16 + 125);
  closeTo(t, two.parts.gradients, gradients / 1e9);
  // Half of 50 directions for twice the rows are as many as alone. Latents have 64 B.
  t.is(two.parts.sort, 0);
  closeTo(t, two.parts.latents, (100 * 64 + 200 * 64) / 1e9);
  closeTo(t, two.seconds, 0.1 + gradients / 1e9 + (300 * 64) / 1e9);
  closeTo(t, two.efficiency, 0.1 / two.seconds);
  // One direction for 10,000 rows, where alone 50 are for 100.
  closeTo(t, hundred.parts.sort, 5000 * 3e-6);
  closeTo(t, hundred.parts.gradients, (2 * 0.99 * gradients) / 1e9);
});

test('strong scaling ends where a rank has no block', async (t) => {
  const { projections } = await documentOf(t, ...given, '--ranks', '50', '100', '101');
  const strong = projections[0].train.filter((step: { scaling: string }) => step.scaling === 'strong');
  t.deepEqual(
    strong.map(({ ranks, rows, parts }: { ranks: number; rows: number; parts: { compute: number } }) => [
      ranks,
      rows,
      parts.compute,
    ]),
    [
      [50, 100, 0.002],
      [100, 100, 0.001],
    ],
  );
});

const terabyte = [...given, '--data', '1TB', '--ranks', '10', '100', '--file-system', '1000,100'];

test('a compression, by hand', async (t) => {
  const { projections, dataBytes } = await documentOf(t, ...terabyte, '--writers', '1', '50');
  t.is(dataBytes, 1e12);
  const [ten, hundred, several] = projections[0].compress;
  // 10⁴ s of work; 1.1 TB to write, 0.9 or 0.99 TB to gather at 1 GB/s each.
  closeTo(t, ten.seconds, 2000);
  t.is(ten.bottleneck, 'write');
  closeTo(t, hundred.seconds, 1100 + 990);
  t.like(several, { ranks: 100, writers: 50, bottleneck: 'work of the ranks' });
  closeTo(t, several.seconds, (10_000 + 1100 + 500) / 100);
});

test('a compression without a reconstruction: what is encoded travels and is written', async (t) => {
  const { projections } = await documentOf(t, ...terabyte, '--no-reconstruct');
  closeTo(t, projections[0].compress[1].seconds, 100 + 99);
});

test('the file system limits, all of it or a rank’s part', async (t) => {
  const limited = async (fileSystem: string) =>
    (await documentOf(t, ...given, '--data', '1TB', '--ranks', '10', '100', '--file-system', fileSystem)).projections[0]
      .compress[1];
  t.like(await limited('0.5,100'), { seconds: 4200, bottleneck: 'file system' });
  const { seconds, bottleneck } = await limited('1000,0.1');
  closeTo(t, seconds, 11_000);
  t.is(bottleneck, 'rank’s file access');
});

test('advice: what limits, from how many ranks on, and what each change brings', async (t) => {
  const stdout = await project(t, ...terabyte);
  t.regex(stdout, /^compress on 100 ranks, 1 writing rank\(s\): 34 min 50 s, limited by write\.$/m);
  // (11,100 + 1000 (p−1)/p) / p ≤ 1100 + 1000 (p−1)/p from 6 ranks on (within a hundredth).
  t.regex(stdout, /^ {2}More than 6 rank\(s\) do not help\.$/m);
  t.regex(stdout, /^ {2}--writers 17: 1 min 59 s, then limited by work of the ranks\.$/m);
  t.regex(stdout, /^ {2}--no-reconstruct: 3 min 19 s, then limited by write\.$/m);
  t.regex(stdout, /^ {2}--no-reconstruct --writers 2: /m);
  t.regex(
    stdout,
    /^train on 100 ranks of 100 blocks: 17 % of a step is not computing, most of it sorting the blocks of all ranks/m,
  );
});

test('advice: a larger batch where gradients limit, nothing where all is well', async (t) => {
  const cheap = [...rates, '--batch-size', '1', '--sort-time', '0.001', '--ranks', '1', '16'];
  t.regex(
    await project(t, ...cheap, '--link', 'lab=1,0'),
    /^ {2}--batch-size of 16 blocks a rank brings it to 20 % or/m,
  );
  t.regex(await project(t, ...cheap, '--link', 'fast=1000,0'), /^ {2}That is well: no change needed\.$/m);
  const slow = [...rates, '--sort-time', '100', '--ranks', '1', '2', '1000', '--link', 'lab=1,0'];
  t.regex(await project(t, ...slow), /^ {2}No larger batch brings it to 20 %, .*; up to some 3 ranks it is less\.$/m);
});

test('advice: a gather tree brings nothing where bytes limit', async (t) => {
  const stdout = await project(t, ...terabyte, '--link', 'slow=0.1,50');
  t.regex(stdout, /limited by gather\.$/m);
  t.regex(stdout, /^ {2}Gathering by a tree saves latencies alone, 0\.028 % of it: the bytes are as many\.$/m);
});

test('--from: says what was measured, and what is assumed or given', async (t) => {
  const stdout = await project(t, '--from', scaling);
  t.regex(stdout, /^mlp, blocks of 7³, from AMD EPYC, 2026-/m);
  t.regex(stdout, /^training, a rank alone on 512 blocks +[\d,]+ blocks\/s +measured$/m);
  t.regex(stdout, /^file system: of all ranks, of one +100 GB\/s, 2 GB\/s +assumed$/m);
  t.regex(stdout, /^as measured: .*\(measured\)$/m);
  t.regex(stdout, /^IB 200 Gb: 25 GB\/s, 1\.5 µs \(assumed\)$/m);
  t.regex(stdout, /^1\.00 PB +10,000 +1 /m);
  const changed = await project(t, '--from', scaling, '--train-rate', '1000', '--link', 'ours=5,2');
  t.regex(changed, /^training, a rank alone on 512 blocks +1,000 blocks\/s +given$/m);
  t.regex(changed, /^ours: 5 GB\/s, 2 µs \(given\)$/m);
  t.notRegex(changed, /IB 200/);
  const other = await project(t, '--from', scaling, '--batch-size', '100');
  t.regex(other, /^training, a rank alone on 100 blocks +[\d,]+ blocks\/s +fitted$/m);
});

test('--no-reconstruct takes what was measured without one', async (t) => {
  const report = JSON.parse(readFileSync(scaling, 'utf8'));
  const { known } = await documentOf(t, '--from', scaling, '--no-reconstruct');
  const rate = 1e-9 / report.compression.archived.workPerByte;
  t.is(known[2].value, `${Number(rate.toPrecision(3))} GB/s`);
});

test('the picture: a line for each network, bottlenecks pointed out', async (t) => {
  const output = join(folder, 'project.svg');
  await project(t, ...terabyte, '--link', 'a<b>=1,0', 'slow=0.1,50', '--ranks', '1', '4', '64', '--output', output);
  const elements = elementsOf(readFileSync(output, 'utf8'));
  const texts = elements.filter(({ tag }) => tag === 'text').map(({ content }) => content);
  for (const name of ['a&lt;b&gt;', 'slow']) t.is(texts.filter((text) => text === name).length, 2, name);
  for (const name of ['Training step', 'Compression of 1.00 TB', 'write', 'gather']) t.true(texts.includes(name), name);
});

test('what docs/performance.md shows is what the command prints and draws', async (t) => {
  const output = join(folder, 'docs.svg');
  const links = ['--link', 'IB 200 Gb=25,1.5', 'Eth 10 Gb=1.25,25', '--ranks', '1', '16', '256', '10000'];
  const stdout = await project(t, '--from', scaling, ...links, '--output', output);
  const page = readFileSync('docs/performance.md', 'utf8');
  const shown = page.slice(page.indexOf('    IB 200 Gb: '), page.indexOf('![Time of a step'));
  t.true(stdout.includes(shown.replaceAll(/^ {4}/gm, '').trimEnd()));
  t.is(readFileSync('docs/project.svg', 'utf8'), readFileSync(output, 'utf8'));
});

test('a file that is none of bench scaling: exit code 1', async (t) => {
  const other = join(folder, 'other.json');
  const old: [text: string, message: RegExp][] = [
    ['{', /^swae: file ".*other\.json": no JSON$/m],
    ['[]', /^swae: file ".*": expected the scaling\.json of swae bench scaling, it has no "machine"$/m],
    ['{"machine":{},"architecture":"mlp","networks":[]}', /it has no "alone"$/m],
  ];
  for (const [text, message] of old) {
    writeFileSync(other, text);
    const { stderr } = await expectCode(t, 1, ['project', '--from', other]);
    t.regex(stderr, message);
    t.regex(stderr, /bench scaling --output-dir/);
  }
  const { stderr } = await expectCode(t, 1, ['project', '--from', join(folder, 'none.json')]);
  t.regex(stderr, /none\.json": no such file or directory$/m);
});

const wrong: [args: string[], message: RegExp][] = [
  [[], /^swae: project needs --from scaling\.json \(of swae bench scaling\), or --train-rate$/m],
  [['--train-rate', '1'], /^swae: project needs .*, or --compress-rate$/m],
  [['--train-rate', '0'], /^swae: --train-rate must be a number above 0, got 0$/m],
  [['--ranks', '0'], /^swae: --ranks must be a whole number from 1, got 0$/m],
  [['--writers', '1.5'], /^swae: --writers must be a whole number from 1, got 1\.5$/m],
  [['--batch-size', '0'], /^swae: --batch-size must be a whole number from 1, got 0$/m],
  [['--data', 'much'], /^swae: --data "much": expected bytes above 0, e\.g\. 1PB, 250GB or 1e15$/m],
  [['--data', '0GB'], /^swae: --data "0GB": expected bytes above 0/m],
  [['--file-system', '100'], /^swae: --file-system "100": expected two numbers above 0, e\.g\. 100,2$/m],
  [['--link', 'lab'], /^swae: --link "lab": expected NAME=GB\/s or NAME=GB\/s,µs/m],
  [['--output', 'a.png'], /^swae: --output "a\.png": expected a name that ends in \.svg$/m],
  [['--from', scaling, '--arch', 'conv'], /from.*arch|arch.*from/],
  [[...rates, '--sort-time', '0'], /^swae: --sort-time must be a number above 0, got 0$/m],
];
for (const [args, message] of wrong)
  test(`${args.join(' ') || 'no rates'}: exit code 2`, async (t) => {
    const { stdout, stderr } = await expectCode(t, 2, ['project', ...args]);
    t.is(stdout, '');
    t.regex(stderr, message);
  });
