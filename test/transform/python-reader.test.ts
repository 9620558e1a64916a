/** The second reader, in Python, which follows docs/record.md, decodes the same bits. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { decode } from '../../src/transform/decode.js';
import { type Accuracy, type Blocks, encode } from '../../src/transform/encode.js';
import { pythonAbsence, pythonWith } from '../python.js';
import { sizes } from './coded-blocks.js';
import { bounds, type Dtype, hostileBlocks } from './hostile-blocks.js';
import { sampleNames, sampleVariables } from './sample-variables.js';

const script = 'test/transform/fixtures/read-records.py';
const python = pythonWith('numpy');

const pythonTest = (title: string, body: (t: ExecutionContext) => void) =>
  python ? test(title, body) : test.skip(`${title} (${pythonAbsence('numpy')})`, body);

interface Case {
  readonly name: string;
  readonly k: number;
  readonly record: Uint8Array;
  readonly blocks: Blocks;
}

const dtypeOf = (blocks: Blocks): Dtype => (blocks instanceof Float32Array ? 'float32' : 'float64');

/** Values of each record, or why it was refused, as Python says. */
function readByPython(t: ExecutionContext, cases: readonly Case[]): (Buffer | string)[] {
  const folder = mkdtempSync(join(tmpdir(), 'swae-reader-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const list = cases.map(({ name, k, blocks }) => ({
    name,
    k,
    count: blocks.length / k ** 3,
    dtype: dtypeOf(blocks),
  }));
  writeFileSync(join(folder, 'records.json'), JSON.stringify(list));
  for (const { name, record } of cases) writeFileSync(join(folder, `${name}.record`), record);
  const { status, stderr } = spawnSync(python!, ['-B', '-W', 'error', script, folder], { encoding: 'utf8' });
  t.is(status, 0, stderr);
  return cases.map(({ name }) => {
    const values = join(folder, `${name}.values`);
    return existsSync(values) ? readFileSync(values) : readFileSync(join(folder, `${name}.refusal`), 'utf8');
  });
}

/** What `decode` gives, compared with Python's, bit by bit. */
function compare(t: ExecutionContext, cases: readonly Case[]): void {
  const answers = readByPython(t, cases);
  for (const [i, { name, record, k, blocks }] of cases.entries()) {
    const decoded = blocks.slice().fill(7);
    decode(record, k, decoded);
    const answer = answers[i];
    if (typeof answer === 'string') t.fail(`${name}: ${answer}`);
    else t.true(answer.equals(Buffer.from(decoded.buffer)), name);
  }
}

function caseOf(name: string, k: number, blocks: Blocks, accuracy: Accuracy): Case {
  return { name, k, blocks, record: encode(blocks, k, accuracy) };
}

pythonTest('Python reads records of real variables, of every block size and both types', (t) => {
  const cases = sampleNames.flatMap((name, file) =>
    sizes.flatMap((k) =>
      sampleVariables(name, k)
        .filter((_, i) => i % 8 === k % 4)
        .flatMap(({ path, values, range }, i) => {
          const part = values.subarray(0, 40 * k ** 3);
          const title = `${file} ${k} ${path.slice(1)}`;
          return [
            caseOf(`${title} bound`, k, part.slice(), { kind: 'bound', bound: 10 ** -(2 + i) * range }),
            caseOf(`${title} block`, k, Float64Array.from(part), { kind: 'block', relative: 1e-3, most: range }),
            caseOf(`${title} step`, k, part.slice(), { kind: 'step', step: 1e-3 * range }),
          ];
        }),
    ),
  );
  t.true(cases.length > 60);
  compare(t, cases);
});

pythonTest('Python reads records of hostile blocks', (t) => {
  const accuracies: fc.Arbitrary<Accuracy> = fc.oneof(
    bounds.map((bound) => ({ kind: 'bound' as const, bound })),
    bounds.map((relative) => ({ kind: 'block' as const, relative, most: Number.MAX_VALUE })),
    bounds.map((step) => ({ kind: 'step' as const, step })),
  );
  const drawn = fc.sample(fc.tuple(hostileBlocks, accuracies), { numRuns: 300, seed: 11 });
  compare(
    t,
    drawn.map(([{ k, blocks }, accuracy], i) => caseOf(`${i}`, k, blocks, accuracy)),
  );
});

pythonTest('Python refuses damaged records or gives some blocks', (t) => {
  const damage = fc.tuple(hostileBlocks, bounds, fc.double({ min: 0, max: 1, maxExcluded: true }), fc.nat(255));
  const cases = fc.sample(damage, { numRuns: 200, seed: 12 }).map(([{ k, blocks }, relative, at, byte], i) => {
    const { record, ...rest } = caseOf(`${i}`, k, blocks, { kind: 'block', relative, most: 1 });
    const damaged = i % 2 === 0 ? record.subarray(0, Math.floor(at * record.length)) : record;
    if (i % 2 === 1) damaged[Math.floor(at * record.length)] = byte;
    return { ...rest, record: damaged };
  });
  for (const [i, answer] of readByPython(t, cases).entries())
    if (typeof answer === 'string') t.regex(answer, /^record: /);
    else t.is(answer.length, cases[i].blocks.byteLength);
});
