/** `swae bench mpi`: what it prints, that it sees wrong data, and that a C program making the same calls ends with the same. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { operationNames, operations } from '../../src/commands/bench/mpi/operations.js';
import type { Report } from '../../src/commands/bench/mpi/report.js';
import { connectSolo } from '../../src/dist/solo.js';
import { type MpiLibraryName, mpiLibraries, mpiTest, runRanks } from '../launch.js';
import { expectCode, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const repeats = ['--iterations', '3', '--warm-up', '1', '--rounds', '2'];

async function report(t: ExecutionContext, library: MpiLibraryName, ranks: number, args: string[]): Promise<Report> {
  const { stdout } = await expectCode(t, 0, ['bench', 'mpi', '--json', ...repeats, ...args], { library, ranks });
  return JSON.parse(stdout);
}

for (const library of mpiLibraries) {
  mpiTest(library, `every column, ${library}`, async (t) => {
    const args = ['bench', 'mpi', '--min-size', '64', '--max-size', '256', ...repeats];
    const { stdout } = await expectCode(t, 0, args, { library, ranks: 2 });
    t.regex(stdout, /^# swae \S+ bench mpi, Node v\d+\.\d+\.\d+, \d{4}-\d\d-\d\dT/);
    t.regex(stdout, /^# machine {2}.+, \d+ cores, Linux /m);
    t.regex(stdout, library === 'openmpi' ? /^# library {2}Open MPI \d/m : /^# library {2}MPICH \d/m);
    t.regex(stdout, /^# ranks {4}2 on 1 node\(s\): .+ 2$/m);
    const heading =
      /^size \[B\] +runs +warm-up +min \[µs\] +avg \[µs\] +max \[µs\] +algbw \[GB\/s\] +busbw \[GB\/s\] +wrong$/gm;
    t.is(stdout.match(heading)?.length, 4);
    t.is(stdout.match(/^(64|128|256) +3 +1( +\d+\.\d\d){3}( +\d+\.\d{3}){2} +0$/gm)?.length, 12);
    for (const name of operationNames)
      t.regex(stdout, new RegExp(`^${name} +\\d+\\.\\d\\d +(\\d+\\.\\d{3}|–) +\\d+ %$`, 'm'));
    t.regex(stdout, /^all data as sent$/m);
  });

  // MPICH's ranks keep their cores busy while they wait.
  const ranks = library === 'openmpi' ? 3 : 2;
  mpiTest(library, `the figures are those of nccl-tests, ${library}, ranks: ${ranks}`, async (t) => {
    const { machine, operations: measured, wrong } = await report(t, library, ranks, ['--max-size', '512']);
    t.is(wrong, 0);
    t.is(machine.ranks, ranks);
    t.deepEqual(
      machine.nodes.map((node) => node.ranks),
      [ranks],
    );
    t.deepEqual(
      measured.map(({ name }) => name),
      [...operationNames],
    );
    const factors = { latency: 1, bandwidth: 1, allreduce: (2 * (ranks - 1)) / ranks, gather: (ranks - 1) / ranks };
    for (const { name, rows } of measured) {
      const sizes = Array.from({ length: 8 }, (_, i) => 4 * 2 ** i);
      t.deepEqual(
        rows.map(({ bytes }) => bytes),
        name === 'gather' ? sizes.map((size) => size - (size % ranks)) : sizes,
      );
      for (const row of rows) {
        t.true(row.minMicroseconds > 0 && row.minMicroseconds <= row.avgMicroseconds + 1e-9);
        t.true(row.avgMicroseconds <= row.maxMicroseconds + 1e-9);
        t.true(Math.abs(row.algbw - row.bytes / 1e9 / (row.avgMicroseconds / 1e6)) < 1e-9 * row.algbw);
        t.true(Math.abs(row.busbw - row.algbw * factors[name]) < 1e-9 * row.busbw);
        t.is(row.checksums.length, ranks);
      }
    }
  });

  const program = join(folder, library);
  const failure = compile(library, program);
  const title = `the same data as from C, ${library}`;
  if (failure) test.skip(`${title} (${failure})`, () => {});
  else
    mpiTest(library, title, async (t) => {
      const args = ['4', '65536', '3', '1', '2'];
      const { stdout, stderr, code } = await runRanks({ library, ranks: 2, program, args });
      t.is(code, 0, stderr);
      const { operations: measured } = await report(t, library, 2, ['--max-size', '64K']);
      const ours = measured.flatMap(({ name, rows }) =>
        rows.map(({ bytes, wrong, checksums }) => [name, bytes, wrong, ...checksums].join(' ')),
      );
      const theirs = stdout
        .trim()
        .split('\n')
        .map((line) => line.split(' '));
      t.deepEqual(
        ours,
        theirs.map(([name, bytes, , , , ...data]) => [name, bytes, ...data].join(' ')),
      );
      t.true(new Set(ours.map((line) => line.replace(/^\w+ \d+ /, ''))).size > 40, 'checksums tell sizes apart');
    });
}

/** Why it cannot be compiled here; undefined where it is done. */
function compile(library: MpiLibraryName, program: string): string | undefined {
  const compiler = `mpicc.${library}`;
  const { status, error } = spawnSync(compiler, ['-O2', 'bench/mpi.c', '-o', program]);
  if (error) return `no ${compiler}`;
  return status === 0 ? undefined : `${compiler} does not compile: its headers are in lib${library}-dev`;
}

for (const name of ['latency', 'bandwidth', 'allreduce', 'gather'] as const)
  test(`${name}: one wrong byte is seen`, (t) => {
    /** Rank 1 of 2 for the pairs, so that it receives; what arrives is as it should be, or not. */
    const wrongAfter = (spoil: (result: Uint8Array) => void) => {
      const communicator = {
        ...connectSolo(),
        ...(name === 'latency' || name === 'bandwidth' ? { rank: 1, size: 2 } : {}),
        send() {},
        receiveInto: (buffer: Uint8Array) => {
          for (let i = 0; i < buffer.length; i++) buffer[i] = 1 + ((i * 31 + (i >>> 8)) % 255);
          spoil(buffer);
        },
        allreduce: (values: ArrayBufferView) => spoil(new Uint8Array(values.buffer)),
        gatherInto: (bytes: Uint8Array, into: Uint8Array) => {
          into.set(bytes);
          spoil(into);
        },
      };
      return operations[name].prepare(communicator, 1024).check().wrong;
    };
    t.is(
      wrongAfter(() => {}),
      0,
    );
    t.is(wrongAfter(flipLast), 1);
  });

function flipLast(bytes: Uint8Array): void {
  if (bytes.length > 0) bytes[bytes.length - 1] ^= 0x80;
}

const wrong: [args: string[], message: string][] = [
  [['--min-size', '3'], '--min-size must be a power of two from 4 to 1G, e.g. 256K, got "3"'],
  [['--max-size', '2'], '--max-size must be a power of two from 4 to 1G, e.g. 256K, got "2"'],
  [['--max-size', '2G'], '--max-size must be a power of two from 4 to 1G, e.g. 256K, got "2G"'],
  [['--max-size', 'large'], '--max-size must be a power of two from 4 to 1G, e.g. 256K, got "large"'],
  [['--min-size', '1M', '--max-size', '1K'], '--min-size must not be above --max-size, got 1048576 and 1024 bytes'],
  [['--iterations', '0'], '--iterations must be a whole number from 1, got 0'],
  [['--warm-up', '-1'], '--warm-up must be a whole number from 0, got -1'],
  [['--rounds', '1.5'], '--rounds must be a whole number from 1, got 1.5'],
];
for (const [args, message] of wrong)
  test(`${args.join(' ')}: exit code 2`, async (t) => {
    const { stderr, stdout } = await expectCode(t, 2, ['bench', 'mpi', ...args]);
    t.is(stderr, `swae: ${message}\n`);
    t.is(stdout, '');
  });

test('one rank has nobody to talk to: it says how to start two', async (t) => {
  const { stderr } = await expectCode(t, 1, ['bench', 'mpi']);
  t.regex(stderr, /^swae: bench mpi measures between ranks, and there is only one\n {2}\.\/launch\.sh -n 2 bench mpi/);
});

test('bench alone lists what there is', async (t) => {
  const { stderr } = await expectCode(t, 2, ['bench']);
  t.regex(stderr, /^swae: bench what\?\n/);
  t.regex(stderr, /swae bench mpi /);
});
