/** The constraints that `swae evaluate` reports, against those of the files' values, octant by octant. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { algebraicConstraints } from '../../src/commands/evaluate/algebra.js';
import { bssnConstraints } from '../../src/commands/evaluate/bssn.js';
import type { Check } from '../../src/commands/evaluate/constraints.js';
import type { Evaluation } from '../../src/commands/evaluate/report.js';
import { openSource } from '../../src/io/hdf5/source.js';
import { assertClose, magnitude, relative } from '../close.js';
import { encodedOf, reconstructedOf } from './fixtures/content.js';
import { writeFile } from './fixtures/data.js';
import { expectCode, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const results = join(folder, 'results');
/** Octants of the sample, of four levels. */
const rows = [0, 1, 8, 12, 13, 14];
const tensors = ['U_SYMGT', 'U_SYMAT'].map((name) => [0, 1, 2, 3, 4, 5].map((i) => `${name}${i}`));
const gamma = ['U_GT0', 'U_GT1', 'U_GT2'];
const variables = [...tensors.flat(), ...gamma, 'U_CHI', 'U_K'];

interface Octants {
  readonly sizes: number[];
  readonly levels: number[];
}

function copyOctants(path: string): Octants {
  const source = openSource('data/sample/bssn_q1_step000160_small.h5');
  const part = (name: string, rest: readonly number[]) =>
    rows.map((row) => source.readSlice(name, [[row, row + 1], ...rest.map((size): [number, number] => [0, size])]));
  const sizes = part('/octant_size', []).map(([size]) => size!);
  const levels = rows.map((row) => Buffer.from(source.readBytes('/octant_level', [[row, row + 1]])).readInt32LE());
  writeFile(path, (writer) => {
    for (const name of variables) {
      const values = Float32Array.from(part(`/${name}`, [7, 7, 7]).flatMap((octant) => [...octant]));
      writer.writeDataset(`/${name}`, 'float32', [rows.length, 7, 7, 7], values);
    }
    writer.writeDataset('/octant_size', 'float64', [rows.length], Float64Array.from(sizes));
    writer.writeDataset('/octant_level', 'int8', [rows.length], Int8Array.from(levels));
  });
  source.close();
  return { sizes, levels };
}

/** All values of each quantity in some octants. */
function quantities(path: string, root: string, octants: readonly number[], sizes: readonly number[]) {
  const source = openSource(path);
  const found: Record<string, number[]> = { H: [], M: [], determinant: [], trace: [] };
  for (const octant of octants) {
    const box = [[octant, octant + 1], ...Array(3).fill([0, 7])] as [number, number][];
    const read = (name: string) => Float64Array.from(source.readSlice(`${root}/${name}`, box));
    const [metric, curvature] = tensors.map((names) => names.map(read)) as [Float64Array[], Float64Array[]];
    const fields = { metric, curvature, gamma: gamma.map(read), chi: read('U_CHI'), trace: read('U_K') };
    const { hamiltonian, momentum } = bssnConstraints(fields, 7, sizes[octant]! / 6);
    const { determinant, trace } = algebraicConstraints(metric as never, curvature as never);
    for (const [name, values] of Object.entries({ H: hamiltonian, M: momentum, determinant, trace }))
      found[name]!.push(...values);
  }
  source.close();
  return found;
}

const names = {
  H: 'Hamiltonian H',
  M: 'momentum |M|',
  determinant: 'det(U_SYMGT) − 1',
  trace: 'tr(U_SYMAT)',
} as const;

test('of real octants, by level and all together, on both sides', async (t) => {
  const input = join(folder, 'a.h5');
  const { sizes, levels } = copyOctants(input);
  await expectCode(t, 0, ['compress', input, '--error-bound', '1e-4', '--output-dir', results]);
  const output = join(folder, 'evaluation');
  await expectCode(t, 0, ['evaluate', input, '--archive', encodedOf(results), '--output-dir', output]);
  const { constraints } = JSON.parse(readFileSync(join(output, 'evaluation.json'), 'utf8')) as Evaluation;
  const known = [...new Set(levels)];
  t.true(known.length === 4);
  for (const level of [undefined, ...known]) {
    const octants = [...rows.keys()].filter((octant) => level === undefined || levels[octant] === level);
    for (const [side, path, root] of [
      ['original', input, ''],
      ['reconstruction', reconstructedOf(results), '/a.h5'],
    ] as const) {
      const expected = quantities(path, root, octants, sizes);
      for (const [key, quantity] of Object.entries(names)) {
        const row = constraints.find((candidate) => candidate.quantity === quantity && candidate.level === level);
        const check = row![side] as Check;
        const values = expected[key]!;
        t.is(check.count, values.length);
        t.is(check.count, octants.length * (key === 'H' || key === 'M' ? 125 : 343));
        t.is(check.largest, magnitude(values), `${quantity} of level ${level}, ${side}`);
        const rms = Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
        // From mean and central sum, and here from squares.
        t.notThrows(() => assertClose([check.rms! / rms], [1], relative(1e-12), quantity));
      }
    }
  }
});
