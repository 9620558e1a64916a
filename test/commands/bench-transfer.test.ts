/** `swae bench transfer`: what is sent, and that its prediction is that of `swae costs`. */
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Report } from '../../src/commands/bench/transfer/report.js';
import { assertClose } from '../close.js';
import { type MpiLibraryName, mpiLibraries, mpiTest } from '../launch.js';
import { writeOctants } from './fixtures/data.js';
import { expectCode, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const input = writeOctants(join(folder, 'input/a.h5'), { variables: ['U_CHI', 'U_K'], count: 100 });
const quick = ['--rounds', '1', '--threads', '1'];

async function reportOf(t: ExecutionContext, library: MpiLibraryName, ...args: string[]): Promise<Report> {
  const { stdout } = await expectCode(t, 0, ['bench', 'transfer', ...args, ...quick, '--json'], { library, ranks: 2 });
  return JSON.parse(stdout);
}

for (const library of mpiLibraries)
  mpiTest(library, `every precision, ${library}`, async (t) => {
    const { blocks, rawBytes, link, rows } = await reportOf(
      t,
      library,
      input,
      '--message-blocks',
      '150',
      '--arch',
      'mlp',
    );
    t.is(blocks, 150);
    t.is(rawBytes, 150 * 343 * 4);
    t.deepEqual(
      rows.map(({ coder, sentBytes }) => [coder?.architecture, coder?.precision, sentBytes]),
      [
        [undefined, undefined, rawBytes],
        // 16 latents, and minimum and range in the type of the data.
        ['mlp', 'float32', 150 * (64 + 8)],
        ['mlp', 'int8', 150 * (16 + 8)],
        ['mlp', 'float8', 150 * (16 + 8)],
      ],
    );
    const transfer = (bytes: number) =>
      link.latencyMicroseconds / 1e6 + (link.bandwidth ? bytes / (1e9 * link.bandwidth) : 0);
    const predicted = rows.map(({ coder, sentBytes }) => {
      const coding = coder ? coder.encodeMicroseconds + coder.decodeMicroseconds : 0;
      return (blocks * coding) / 1e6 + transfer(sentBytes);
    });
    const relative = (value: number) => 1e-12 * value;
    assertClose(
      rows.map(({ predictedSeconds }) => predictedSeconds),
      predicted,
      relative,
      'seconds',
    );
    for (const { seconds, gain, predictedSeconds, predictedGain } of rows)
      assertClose(
        [gain * seconds, predictedGain * predictedSeconds],
        [rows[0].seconds, rows[0].predictedSeconds],
        relative,
        'gains',
      );
  });

mpiTest('openmpi', 'float64, and fewer blocks than asked for', async (t) => {
  const doubles = writeOctants(join(folder, 'doubles.h5'), { variables: ['U_CHI'], count: 20, dtype: 'float64' });
  const { dtype, blocks, rows } = await reportOf(t, 'openmpi', doubles, '--arch', 'mlp', '--precision', 'int8');
  t.deepEqual([dtype, blocks], ['float64', 20]);
  t.deepEqual(
    rows.map(({ sentBytes }) => sentBytes),
    [20 * 343 * 8, 20 * (16 + 16)],
  );
});

mpiTest('openmpi', 'a table for people', async (t) => {
  const args = ['bench', 'transfer', input, '--arch', 'mlp', '--precision', 'float32', ...quick];
  const { stdout } = await expectCode(t, 0, args, { library: 'openmpi', ranks: 2 });
  t.regex(stdout, /^# swae \S+ bench transfer, /);
  t.regex(stdout, /^200 octants of 7³ float32, 274 kB, in one message from rank 0 to rank 1; 1 thread\(s\) each$/m);
  t.regex(stdout, /^raw +274 kB/m);
  t.regex(stdout, /^mlp float32 +14\.4 kB/m);
});

test('one rank has nobody to send to', async (t) => {
  const { stderr } = await expectCode(t, 1, ['bench', 'transfer', input]);
  t.regex(stderr, /from one rank to another, and there are 1\n {2}srun -N2/);
});

mpiTest('openmpi', 'what cannot be', async (t) => {
  const launch = { library: 'openmpi', ranks: 2 } as const;
  const none = await expectCode(t, 1, ['bench', 'transfer', join(folder, 'none')], launch);
  t.regex(none.stderr, /none": no such file/);
  await expectCode(t, 2, ['bench', 'transfer', input, '--rounds', '0'], launch);
});
