/** Compression within a bound: the promises, looked at on files that another process has decompressed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openArchive } from '../../src/io/archive/archive-reader.js';
import { merge, slabs, split, type Values } from '../../src/io/blocks.js';
import { whole } from '../../src/io/boxes.js';
import { openSource } from '../../src/io/hdf5/source.js';
import { program } from '../program.js';
import { contentOf, encodedOf, reconstructedOf, runFolder, toolsAbsence } from './fixtures/content.js';
import { writeHostile } from './fixtures/hostile.js';
import { expectCode, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const input = join(folder, 'input');
writeHostile(join(input, 'a.h5'));

interface Guarantee {
  readonly bound?: number;
  readonly mode?: 'abs' | 'range' | 'block';
  readonly psnr?: number;
}

const guarantees: readonly Guarantee[] = [
  { bound: 1e-3, mode: 'abs' },
  { bound: 1e-310, mode: 'abs' },
  { bound: 1e300, mode: 'abs' },
  { bound: 1.7e308, mode: 'abs' },
  { bound: 1e-5 },
  { bound: 0.7, mode: 'range' },
  { bound: 1e-3, mode: 'block' },
  { psnr: 60 },
  { psnr: 30 },
  { psnr: 0.1 },
  { psnr: 400 },
  { bound: 1e-2, psnr: 70 },
  { bound: 1e-4, mode: 'block', psnr: 50 },
  { bound: 1e-6, mode: 'abs', psnr: 30 },
];

function optionsOf({ bound, mode, psnr }: Guarantee): string[] {
  return [
    ...(bound === undefined ? [] : ['--error-bound', String(bound)]),
    ...(mode === undefined ? [] : ['--bound-mode', mode]),
    ...(psnr === undefined ? [] : [`--target-psnr=${psnr}`]),
  ];
}

for (const guarantee of guarantees) {
  const title = optionsOf(guarantee).join(' ');
  test(`what ${title} promises is so`, async (t) => {
    const [results, back] = [join(folder, title), join(folder, `${title} back`)];
    await expectCode(t, 0, ['compress', input, '--output-dir', results, ...optionsOf(guarantee)]);
    await expectCode(t, 0, ['decompress', encodedOf(results), '--output-dir', back]);
    t.deepEqual(contentOf(join(back, 'a.h5')), contentOf(reconstructedOf(results), { below: '/a.h5' }));
    const worst = expectGuarantee(t, guarantee, join(input, 'a.h5'), join(back, 'a.h5'));
    expectSummary(t, results, worst);
    const { stdout } = await expectCode(t, 0, ['verify', encodedOf(results), input]);
    t.regex(stdout, /^a\.h5 .* as recorded$/m);
  });
}

/** Gives the largest error of each variable. */
function expectGuarantee(
  t: ExecutionContext,
  guarantee: Guarantee,
  original: string,
  restored: string,
): Map<string, number> {
  const [source, back] = [openSource(original), openSource(restored)];
  const worst = new Map<string, number>();
  for (const { path, dtype, shape } of source.datasets()) {
    if (dtype === 'other') continue;
    const [values, got] = [source.readSlice(path, whole(shape)), back.readSlice(path, whole(shape))];
    const allowed = allowedOf(guarantee, values, shape);
    const missed = values.findIndex((value, i) => !isWithin(value, got[i]!, allowed[i]!));
    t.is(missed, -1, `${path}: ${values[missed]} became ${got[missed]}, allowed is ${allowed[missed]}`);
    t.deepEqual(bitsOfOthers(got, values), bitsOfOthers(values, values), `${path}: bits of what is not finite`);
    if (guarantee.psnr !== undefined) expectPsnr(t, path, values, got, guarantee.psnr);
    worst.set(path, largestError(values, got));
  }
  source.close();
  back.close();
  return worst;
}

function largestError(values: Values, got: Values): number {
  let largest = 0;
  for (const [i, value] of values.entries())
    if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value - got[i]!));
  return largest;
}

function isWithin(value: number, got: number, allowed: number): boolean {
  return !Number.isFinite(value) || Math.abs(value - got) <= allowed || value === got;
}

/** For each value. */
function allowedOf({ bound, mode = 'range' }: Guarantee, values: Values, shape: readonly number[]): ArrayLike<number> {
  const most = bound ?? Number.POSITIVE_INFINITY;
  if (mode === 'block') return allowedByBlock(values, shape, most);
  const all = mode === 'abs' || bound === undefined ? most : bound * rangeOf(values);
  return new Float64Array(values.length).fill(all);
}

/** The range of the block that a value is taken from: of the octant, or of the 8³ of a grid. */
function allowedByBlock(values: Values, shape: readonly number[], bound: number): ArrayLike<number> {
  const [z, y, x] = shape.slice(-3) as [number, number, number];
  const k = z === y && y === x && z >= 5 && z <= 8 ? z : 8;
  const [slab, ...more] = slabs(shape, k, { bytesPerValue: 8, maxBytes: 1e9 });
  if (more.length > 0) throw new Error('one slab was expected');
  const blocks = Float64Array.from(split(values, slab!));
  for (let start = 0; start < blocks.length; start += k ** 3) {
    const block = blocks.subarray(start, start + k ** 3);
    block.fill(bound * rangeOf(block));
  }
  return merge(blocks, slab!);
}

/** Of the finite values; at most what a number can be. */
function rangeOf(values: ArrayLike<number>): number {
  const finite = Array.from(values).filter(Number.isFinite);
  if (finite.length === 0) return 0;
  const [low, high] = [finite.reduce((a, b) => Math.min(a, b)), finite.reduce((a, b) => Math.max(a, b))];
  return Math.min(high - low, Number.MAX_VALUE);
}

/** Bits of `values` where `original` is not finite. */
function bitsOfOthers(values: Values, original: Values): string[] {
  const width = values.BYTES_PER_ELEMENT;
  const bytes = Buffer.from(values.buffer);
  const places = [...original.keys()].filter((i) => !Number.isFinite(original[i]));
  return places.map((i) => bytes.subarray(i * width, (i + 1) * width).toString('hex'));
}

/** The errors in ranges, so that no square overflows. */
function expectPsnr(t: ExecutionContext, path: string, values: Values, got: Values, psnr: number): void {
  const range = rangeOf(values);
  const errors = [...values.keys()].filter((i) => Number.isFinite(values[i])).map((i) => values[i]! - got[i]!);
  if (errors.every((error) => error === 0)) return;
  const meanSquare = errors.reduce((sum, error) => sum + (error / range) ** 2, 0) / errors.length;
  // The sums of some thousand squares are rounded in another order than those of the program.
  t.true(-10 * Math.log10(meanSquare) >= psnr - 1e-9, `${path}: ${-10 * Math.log10(meanSquare)} dB`);
}

function expectSummary(t: ExecutionContext, results: string, worst: ReadonlyMap<string, number>): void {
  const { variables, failed } = JSON.parse(readFileSync(join(runFolder(results), 'summary.json'), 'utf8'));
  t.deepEqual(failed, []);
  const told = new Map(variables.map(({ path, maxError }: { path: string; maxError: number }) => [path, maxError]));
  t.deepEqual(told, worst);
}

const plain = { bound: 1e-3, mode: 'range', psnr: 40 } as const;
const results = join(folder, 'plain');
test.before((t) => expectCode(t, 0, ['compress', input, '--output-dir', results, ...optionsOf(plain)]));

test('a decoder without optimisation, without AVX and FMA, or of two threads, gives the same bits', async (t) => {
  const expected = contentOf(reconstructedOf(results), { below: '/a.h5' });
  for (const [index, [node, own]] of (
    [
      [['--no-opt'], []],
      [['--no-enable-avx', '--no-enable-fma3'], []],
      [[], ['--threads', '2']],
    ] as const
  ).entries()) {
    const back = join(folder, `other-${index}`);
    const args = [...node, program, 'decompress', encodedOf(results), '--output-dir', back, ...own];
    execFileSync(process.execPath, args, { stdio: 'ignore' });
    t.deepEqual(contentOf(join(back, 'a.h5')), expected);
  }
});

test('without its sources, verify decodes it all the same', async (t) => {
  const { stdout } = await expectCode(t, 0, ['verify', encodedOf(results)]);
  t.regex(stdout, /^a\.h5 .* whole$/m);
});

test('info tells what is guaranteed, and the block sizes', async (t) => {
  const { stdout } = await expectCode(t, 0, ['info', encodedOf(results)]);
  t.regex(stdout, /\nguaranteed +every value within 0\.001 of the range of its variable\n/);
  t.regex(stdout, /\nguaranteed +PSNR of 40 dB\n/);
  t.regex(stdout, /\n\/float32\/octants5 +float32 +\[4, 5, 5, 5\] +2\.00 kB +4 of 5³ /);
  t.regex(stdout, /\n\/float64\/grid +float64 +\[9, 9, 9\] +5\.83 kB +8 of 8³ /);
  t.notRegex(stdout, /\nmodel /);
});

test('an archive within a bound has no model, and says what was asked for', (t) => {
  const archive = openArchive(encodedOf(results));
  t.deepEqual(archive.header.coding, { kind: 'bounded', errorBound: 1e-3, boundMode: 'range', targetPsnr: 40 });
  t.deepEqual(archive.manifest.model, []);
  t.false(archive.source.has('/model'));
  for (const { variables } of archive.manifest.files)
    for (const { slabs: own, path } of variables)
      t.true(
        own.every(({ bytes }) => bytes! > 0),
        path,
      );
  archive.close();
});

(toolsAbsence ? test.skip : test)(`h5dump and h5ls read an archive${toolsAbsence ? ` (${toolsAbsence})` : ''}`, (t) => {
  for (const args of [
    ['h5dump', '-H'],
    ['h5dump', '-d', '/files/a.h5/float32/grid'],
    ['h5ls', '-r'],
  ]) {
    const { status, stdout } = spawnSync(args[0]!, [...args.slice(1), encodedOf(results)], { encoding: 'utf8' });
    t.is(status, 0);
    t.regex(stdout, /grid/);
  }
});
