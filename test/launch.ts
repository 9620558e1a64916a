import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';

/** The MPI libraries that the tests know to start; "solo" is a plain process. */
export const mpiLibraries = ['openmpi', 'mpich'] as const;
export type MpiLibraryName = (typeof mpiLibraries)[number];

export interface RunOptions {
  readonly library: MpiLibraryName | 'solo';
  /** Default 1. */
  readonly ranks?: number;
  /** A program of Node, whose name ends in .js, or of the machine. */
  readonly program: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** In seconds, default 120; what runs longer is killed. */
  readonly timeout?: number;
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit code of the launcher; null where a signal ended it. */
  readonly code: number | null;
  readonly timedOut: boolean;
}

interface Launcher {
  readonly commands: readonly string[];
  /** What its `--version` says. */
  readonly version: RegExp;
  readonly options: readonly string[];
  readonly package: string;
}

const launchers: Record<MpiLibraryName, Launcher> = {
  openmpi: {
    commands: ['mpirun.openmpi', 'mpirun'],
    version: /open ?mpi|open-mpi/i,
    options: ['--oversubscribe', '--bind-to', 'none'],
    package: 'openmpi-bin',
  },
  mpich: { commands: ['mpirun.mpich', 'mpiexec.hydra', 'mpirun'], version: /hydra/i, options: [], package: 'mpich' },
};

const found = { openmpi: findLauncher(launchers.openmpi), mpich: findLauncher(launchers.mpich) };

/** Why tests on this library cannot run here; undefined where they can. */
export function absence(library: MpiLibraryName): string | undefined {
  return found[library] ? undefined : `no mpirun of ${library} found: apt-get install ${launchers[library].package}`;
}

/**
 * Declares a test that needs an MPI library; where that is missing it is skipped, and its title says why. Such tests of
 * a file run one after another, since ranks that wait keep their cores busy.
 */
export function mpiTest(
  library: MpiLibraryName,
  title: string,
  body: (t: ExecutionContext) => Promise<void> | void,
): void {
  const reason = absence(library);
  if (reason) test.skip(`${title} (${reason})`, body);
  else test.serial(title, body);
}

/** A program under way. */
export interface StartedRun {
  /** Of the launcher, or of the program where it is alone. */
  readonly pid: number;
  readonly result: Promise<RunResult>;
}

/** Runs a program on ranks of an MPI library and waits for its end. With one rank it is under mpirun too. */
export function runRanks(options: RunOptions): Promise<RunResult> {
  return startRanks(options).result;
}

/** As `runRanks`, without the wait. */
export function startRanks(options: RunOptions): StartedRun {
  const { library, ranks = 1, program, args = [] } = options;
  const command = program.endsWith('.js') ? [process.execPath, program, ...args] : [program, ...args];
  if (library === 'solo') return start(command, options);
  const launcher = found[library];
  if (!launcher) throw new Error(absence(library));
  return start([launcher, ...launchers[library].options, '-n', String(ranks), ...command], options);
}

function start(command: readonly string[], { env = {}, cwd, timeout = 120 }: RunOptions): StartedRun {
  const child = spawn(command[0]!, command.slice(1), {
    cwd,
    env: { ...cleanEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const result = new Promise<RunResult>((resolve, reject) => {
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup(child.pid!);
    }, timeout * 1000);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ ...output, code, timedOut });
    });
  });
  return { pid: child.pid!, result };
}

/** As a failing node would: SIGKILL to a process and all that it has started. */
export function killTree(pid: number): void {
  process.kill(pid, 'SIGSTOP');
  for (const child of childrenOf(pid)) killTree(child);
  process.kill(pid, 'SIGKILL');
}

/** From Linux's process table: "pid (name) state parent …". */
function childrenOf(pid: number): number[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return processes.map(Number).filter((candidate) => parentOf(candidate) === pid);
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
  } catch {
    return undefined; // It has ended meanwhile.
  }
}

/** mpirun ends its ranks on SIGTERM, wherever they are; what does not listen is killed. */
function killGroup(leader: number): void {
  process.kill(-leader, 'SIGTERM');
  const timer = setTimeout(() => {
    try {
      process.kill(-leader, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }, 5000);
  timer.unref();
}

/** The tests' own environment without what a surrounding job would tell the ranks. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^((SLURM|PMI|PMIX|OMPI_COMM|SWAE)_|(NO_COLOR|FORCE_COLOR|NODE_DISABLE_COLORS|CI)$)/;
  const inherited = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return {
    ...Object.fromEntries(inherited),
    OMPI_ALLOW_RUN_AS_ROOT: '1',
    OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
    OMPI_MCA_mpi_yield_when_idle: '1',
  };
}

function findLauncher({ commands, version }: Launcher): string | undefined {
  return commands.find((command) => {
    const { stdout, stderr } = spawnSync(command, ['--version'], { encoding: 'utf8' });
    return version.test(`${stdout ?? ''}${stderr ?? ''}`);
  });
}
