import test from 'ava';
import { expectCode } from './fixtures/swae.js';

/** The numbers at the end of each line, by what stands before them; the lines of totals are "encoder", "decoder", "both". */
function rowsOf(stdout: string): Map<string, number[]> {
  const rows = [...stdout.matchAll(/^((?:encoder|decoder|both).*?) {2,}([\d, ]+?) *$/gm)];
  return new Map(rows.map(([, name, cells]) => [name, numbersOf(cells)]));
}

const numbersOf = (cells: string) => cells.split(/ {2,}/).map((cell) => Number(cell.replaceAll(',', '')));
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Multiply-adds of a layer: taps of its kernel, positions where it is applied, channels in and out. */
type Products = readonly [taps: number, positions: number, inputs: number, outputs: number];
const flops = (layers: readonly Products[]) => 2 * sum(layers.map(([t, p, i, o]) => t * p * i * o));
const operations = async (t: Parameters<typeof expectCode>[0], ...args: string[]) =>
  (await expectCode(t, 0, ['flops', ...args])).stdout;

test('mlp: 796,672 operations in total, as the original page has it', async (t) => {
  const stdout = await operations(t);
  t.deepEqual(rowsOf(stdout).get('both'), [796_672, 796_672, 796_672]);
  t.deepEqual(rowsOf(stdout).get('encoder'), [398_336, 398_336]);
  t.notRegex(stdout, /The original page/);
});

for (const [blockSize, first, second] of [
  [5, 5, 3],
  [6, 6, 3],
  [7, 7, 4],
  [8, 8, 4],
])
  test(`conv-bn, k = ${blockSize}: nominal is every tap at every position`, async (t) => {
    const rows = rowsOf(await operations(t, '--arch', 'conv-bn', '--block-size', String(blockSize)));
    const encoder = flops([
      [27, first ** 3, 1, 32],
      [27, second ** 3, 32, 64],
      [27, 8, 64, 128],
      [27, 8, 128, 128],
      [27, 8, 128, 256],
      [27, 8, 256, 256],
      [27, 8, 256, 256],
      [27, 8, 256, 256],
      [1, 1, 2048, 16],
    ]);
    const decoder = flops([
      [1, 1, 16, 2048],
      [8, 2 ** 3, 256, 128],
      [8, 4 ** 3, 128, 64],
      [8, 8 ** 3, 64, 32],
      [8, 16 ** 3, 32, 1],
    ]);
    t.is(rows.get('encoder')![0], encoder);
    t.is(rows.get('decoder')![0], decoder);
    t.is(rows.get('both')![0], encoder + decoder);
    t.true(rows.get('both')![1] < (encoder + decoder) / 5);
  });

test("conv-bn: the original page's figures, and that they are of another network", async (t) => {
  const stdout = await operations(t, '--arch', 'conv-bn');
  const rows = rowsOf(stdout);
  t.is(rows.get('encoder')![2], 57_343_552);
  t.is(rows.get('decoder')![2], 24_902_144);
  t.is(rows.get('both')![2], 82_245_696);
  t.regex(stdout, /figures are of the one in its code/);
});

test('the figures of the original page for its CNN are those of the network that flops describes', (t) => {
  const encoder: Products[] = [
    [27, 3 ** 3, 1, 32],
    [27, 3 ** 3, 32, 32],
    [27, 2 ** 3, 32, 64],
    [27, 2 ** 3, 64, 64],
    [27, 2 ** 3, 64, 128],
    [27, 2 ** 3, 128, 128],
    [27, 2 ** 3, 128, 256],
    [27, 2 ** 3, 256, 256],
    [1, 1, 2048, 16],
  ];
  const decoder: Products[] = [
    [1, 1, 16, 2048],
    [27, 2 ** 3, 256, 128],
    [27, 2 ** 3, 128, 64],
    [27, 4 ** 3, 64, 32],
    [8, 5 ** 3, 32, 1],
  ];
  t.is(flops(encoder), 57_343_552);
  t.is(flops(decoder), 24_902_144);
});

for (const args of [
  ['--arch', 'conv'],
  ['--arch', 'conv-bn', '--latent-size', '8'],
  ['--arch', 'mlp', '--block-size', '7'],
])
  test(`${args.join(' ')}: the original page has no figures, and layers add up`, async (t) => {
    const stdout = await operations(t, ...args);
    t.notRegex(stdout, /original/);
    const rows = rowsOf(stdout);
    for (const [part, total] of [...rows].filter(([name]) => !name.includes(':') && name !== 'both'))
      for (const column of [0, 1])
        t.is(
          total[column],
          sum(
            [...stdout.matchAll(new RegExp(`^${part}: .*  ([\\d,]+)  +([\\d,]+)$`, 'gm'))].map((row) =>
              Number(row[column + 1].replaceAll(',', '')),
            ),
          ),
        );
  });

test('a latent size of half a value: exit code 2', async (t) => {
  const { stderr } = await expectCode(t, 2, ['flops', '--latent-size', '2.5']);
  t.is(stderr, 'swae: --latent-size must be a whole number from 1, got 2.5\n');
});
