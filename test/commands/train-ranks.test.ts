import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { assertClose } from '../close.js';
import { mpiLibraries, mpiTest, runRanks } from '../launch.js';
import { writeSample } from './fixtures/sample.js';
import { type MetricsLine, readMetrics, type Start, train } from './fixtures/training.js';

/**
 * A warm-up of 1000 steps, as a run of usual length has, and a low rate. Ranks add up gradients in another order than one
 * process: 2⁻²⁴ of each sum. But such a difference may switch a ReLU for one block, and how far that takes the losses goes
 * with the rate: at --lr 4e-3 up to 2e-5 of them after 50 steps, at 1e-3 up to 3e-6 (on five and three small samples), and with these
 * widths, which have as many matrices to share and take half the time, 6e-7 (five).
 */
const options = ['--batch-size', '98', '--max-steps', '50', '--epochs', '1000', '--lr', '1e-3', '--widths', '128,64'];
const tolerance = 1e-5;
const folder = mkdtempSync(join(tmpdir(), 'swae-test-'));
const data = join(folder, 'data');
let alone: MetricsLine[];

test.before(async (t) => {
  writeSample(join(data, 'a.h5'), { octants: 128 });
  alone = (await trained('alone', {})).lines;
  t.truthy(alone.find(({ step, reconstruction }) => step === 50 && reconstruction > 0));
});

test.after.always(() => rmSync(folder, { recursive: true }));

for (const library of mpiLibraries) {
  for (const ranks of library === 'openmpi' ? [1, 2, 3] : [2, 3])
    mpiTest(library, `losses over 50 steps on ${ranks} rank(s) are those of a process alone, ${library}`, async (t) => {
      const { lines, stderr } = await trained(`${library}-${ranks}`, { library, ranks });
      t.regex(stderr, /^load █+ 100 %/m);
      t.deepEqual(lines.map(Object.keys), alone.map(Object.keys));
      for (const [i, line] of lines.entries())
        assertClose(Object.values(line), Object.values(alone[i]!), (value) => tolerance * Math.abs(value), `line ${i}`);
    });

  mpiTest(library, `what ranks share of the update has the bits of one that does all, ${library}`, async (t) => {
    const program = 'build/test/commands/fixtures/shared-work-rank.js';
    const { code, stderr } = await runRanks({ library, ranks: 3, program });
    t.is(code, 0, stderr);
  });

  mpiTest(library, `every rank has the blocks of its slices from wherever they lie, ${library}`, async (t) => {
    const program = 'build/test/commands/fixtures/fetching-rank.js';
    const { code, stderr } = await runRanks({ library, ranks: 3, program });
    t.is(code, 0, stderr);
  });

  mpiTest(library, `a batch smaller than the ranks is refused, ${library}`, async (t) => {
    const args = [data, '--batch-size', '1', '--output-dir', join(folder, 'refused')];
    const { code, stderr, timedOut } = await train(args, { library, ranks: 2 });
    t.false(timedOut);
    t.not(code, 0, stderr);
    t.regex(stderr, /^swae: rank \d: --batch-size must be a whole number from 2, got 1$/m);
  });
}

async function trained(name: string, start: Start): Promise<{ lines: MetricsLine[]; stderr: string }> {
  const output = join(folder, name);
  const { code, stderr } = await train([data, ...options, '--output-dir', output], start);
  if (code !== 0) throw new Error(stderr);
  return { lines: readMetrics(output), stderr };
}
