/** A Slurm cluster of two nodes for the tests of a file (`lab.sh`), its jobs, and ways to end them untimely. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { cleanEnvironment, type MpiLibraryName } from '../launch.js';

const script = resolve('test/cluster/lab.sh');
const run = promisify(execFile);
/** Of one command; a job may take several of them. */
const commandSeconds = 300;

/** Why no cluster can be had here; '' where one can. */
export const absence = execFileSync('bash', [script, 'probe'], {
  env: { ...process.env, LAB: '/' },
  encoding: 'utf8',
}).trim();

/** Declares a test that runs on the cluster, one after another; where none can be had it is skipped, and its title says why. */
export function clusterTest(title: string, body: (t: ExecutionContext) => Promise<void>): void {
  if (absence) test.skip(`${title} (${absence})`, body);
  else test.serial(title, body);
}

/** Makes each library's ranks find one another, and spares the cores that they share here. */
const environments: Record<MpiLibraryName, Readonly<Record<string, string>>> = {
  openmpi: { SWAE_MPI_LIBRARY: 'libmpi.so.40', OMPI_MCA_btl_tcp_if_include: 'eth0', OMPI_MCA_mpi_yield_when_idle: '1' },
  mpich: { SWAE_MPI_LIBRARY: 'libmpich.so.12', UCX_NET_DEVICES: 'eth0' },
};

export interface Job {
  readonly id: string;
  readonly state: string;
  readonly restarts: number;
}

export interface Submission {
  readonly library?: MpiLibraryName;
  /** Options of sbatch, then the script and its arguments. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export class Lab {
  /** Seen by all nodes. */
  readonly folder = mkdtempSync(join(tmpdir(), 'swae-lab-'));
  readonly #logs = join(this.folder, 'out');

  start(): void {
    this.#call(['up', '2']);
  }

  stop(): void {
    this.#call(['down']);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A command on the login node; gives what it prints. Fails where it does. */
  async login(command: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    const environment = { ...cleanEnvironment(), SWAE_SKIP_SETUP: '1', ...env, LAB: this.folder };
    const { stdout, stderr } = await run('bash', [script, 'login', ...command], {
      env: environment,
      timeout: commandSeconds * 1000,
    });
    return `${stdout}${stderr}`;
  }

  /** By hand; jobs get the fence from launch.sh (docs/cluster.md says why it must be set). */
  srun(library: MpiLibraryName, options: readonly string[], command: readonly string[]): Promise<string> {
    const mpi = library === 'openmpi' ? '--mpi=pmix' : '--mpi=pmi2';
    return this.login(['srun', mpi, '--kill-on-bad-exit=1', ...options, ...command], {
      ...environments[library],
      SLURM_PMIX_FENCE: 'ring',
    });
  }

  /** Gives the job's number. */
  async submit({ library = 'openmpi', args, env = {} }: Submission): Promise<string> {
    const isArray = args.some((arg) => /^--array/.test(arg));
    const sbatch = ['sbatch', '--parsable', `--output=${this.#logs}-${isArray ? '%A_%a' : '%j'}`, ...args];
    return (await this.login(sbatch, { ...environments[library], ...env })).trim();
  }

  /** What the job's script and ranks have printed, over all its starts; '' before the first. Of a task of an array too. */
  outputOf(id: string): string {
    const path = `${this.#logs}-${id}`;
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  async job(id: string): Promise<Job> {
    const text = await this.login(['scontrol', 'show', 'job', id]);
    return { id, state: /JobState=(\S+)/.exec(text)![1]!, restarts: Number(/Restarts=(\d+)/.exec(text)![1]) };
  }

  /** Waits until this holds of the job; `seconds` are far more than it takes. */
  async until(id: string, holds: (job: Job) => boolean, seconds = commandSeconds): Promise<Job> {
    for (let waited = 0; waited < seconds; waited += 0.1) {
      const job = await this.job(id);
      if (holds(job)) return job;
      await setTimeout(100);
    }
    throw new Error(`job ${id} is ${JSON.stringify(await this.job(id))}\n${this.outputOf(id)}`);
  }

  isOver({ state }: Job): boolean {
    return /^(COMPLETED|FAILED|CANCELLED|TIMEOUT|NODE_FAIL)$/.test(state);
  }

  untilOver(id: string): Promise<Job> {
    return this.until(id, (job) => this.isOver(job));
  }

  /** Numbers of the cluster's processes whose command line matches, whichever node they are on. */
  processes(pattern: RegExp): number[] {
    return allProcesses().filter(
      (pid) =>
        pattern.test(readProcess(pid, 'cmdline').replaceAll('\0', ' ')) &&
        readProcess(pid, 'environ').split('\0').includes(`SLURM_CONF=${this.folder}/slurm.conf`),
    );
  }

  crash(node: 1 | 2): void {
    this.#call(['crash', String(node)]);
  }

  boot(node: 1 | 2): void {
    this.#call(['boot', String(node)]);
  }

  /** What each node can send to the others; `off`: as the machine can. */
  shape(rate: `${number}mbit` | 'off'): void {
    this.#call(['shape', rate]);
  }

  #call(args: readonly string[]): void {
    execFileSync('bash', [script, ...args], {
      env: { ...cleanEnvironment(), LAB: this.folder },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  }
}

/** A cluster that is there while the tests of a file run. */
export function labOfFile(): Lab {
  const lab = new Lab();
  test.before(() => {
    if (!absence) lab.start();
  });
  test.after.always(() => lab.stop());
  return lab;
}

function allProcesses(): number[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? Number(name) : []));
}

/** '' where it has ended meanwhile. */
function readProcess(pid: number, what: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'utf8');
  } catch {
    return '';
  }
}
