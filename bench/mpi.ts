/**
 * What calling MPI from JavaScript costs: `swae bench mpi` against bench/mpi.c, in turn, the best of several runs of each:
 * node build/bench/mpi.js [openmpi|mpich] [RUNS]. Needs mpicc and two cores that do nothing else.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from '../src/commands/bench/mpi/report.js';

const suffix = process.argv[2] ? `.${process.argv[2]}` : '';
const runs = Number(process.argv[3] ?? 3);
/** Many short rounds, so that some are not disturbed; warm-ups long enough for V8 to compile the calls. */
const parts = [
  { from: 4, to: 2 ** 14, iterations: 20, warmUp: 5, rounds: 40 },
  { from: 2 ** 16, to: 2 ** 19, iterations: 5, warmUp: 20, rounds: 25 },
  { from: 2 ** 20, to: 2 ** 22, iterations: 2, warmUp: 10, rounds: 20 },
];

const folder = mkdtempSync(join(tmpdir(), 'swae-bench-'));
try {
  const program = join(folder, 'mpi');
  execFileSync(`mpicc${suffix}`, ['-O2', 'bench/mpi.c', '-o', program], { stdio: 'inherit' });
  const c = new Map<string, number>();
  const js = new Map<string, number>();
  for (let run = 0; run < runs; run++)
    for (const { from, to, iterations, warmUp, rounds } of parts) {
      keepBest(c, timesOfC(mpirun([program, from, to, iterations, warmUp, rounds])));
      const sizes = ['--min-size', from, '--max-size', to];
      const repeats = ['--iterations', iterations, '--warm-up', warmUp, '--rounds', rounds];
      keepBest(js, timesOfSwae(mpirun(['node', 'build/bin/swae.js', 'bench', 'mpi', '--json', ...sizes, ...repeats])));
    }
  print(c, js);
} finally {
  rmSync(folder, { recursive: true });
}

function mpirun(command: readonly (string | number)[]): string {
  const environment = { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1', UCX_MEM_EVENTS: 'n' };
  return execFileSync(`mpirun${suffix}`, ['-n', '2', ...command.map(String)], {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });
}

/** Microseconds by "operation bytes". */
type Times = readonly (readonly [what: string, microseconds: number])[];

function timesOfC(stdout: string): Times {
  const lines = stdout.trim().split('\n');
  return lines.map((line) => line.split(' ')).map(([name, bytes, , avg]) => [`${name} ${bytes}`, Number(avg)]);
}

function timesOfSwae(stdout: string): Times {
  const { operations } = JSON.parse(stdout) as Report;
  return operations.flatMap(({ name, rows }) =>
    rows.map(({ bytes, avgMicroseconds }) => [`${name} ${bytes}`, avgMicroseconds] as const),
  );
}

function keepBest(best: Map<string, number>, times: Times): void {
  for (const [what, time] of times) best.set(what, Math.min(time, best.get(what) ?? time));
}

function print(c: ReadonlyMap<string, number>, js: ReadonlyMap<string, number>): void {
  console.log('operation, bytes         C [µs]   JS [µs]  more [µs]   C [GB/s]  JS [GB/s]   JS/C');
  for (const [what, time] of c) {
    const ours = js.get(what)!;
    const bandwidth = (microseconds: number) => Number(what.split(' ')[1]) / microseconds / 1e3;
    const cells = [time.toFixed(2), ours.toFixed(2), (ours - time).toFixed(2)];
    const speeds = [bandwidth(time).toFixed(3), bandwidth(ours).toFixed(3), `${((100 * time) / ours).toFixed(0)} %`];
    console.log(what.padEnd(20), ...[...cells, ...speeds].map((cell) => cell.padStart(10)));
  }
}
