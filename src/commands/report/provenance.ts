import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { arch, cpus, hostname, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { packageFile } from '../../package-file.js';
import { version } from '../../version.js';
import { formatBytes } from '../progress.js';
import type { Table } from '../table.js';
import type { Section } from './page.js';

/** What a report is of. */
export interface Origin {
  readonly ranks: number;
  /** Of MPI. */
  readonly library: string;
  /** Of a rank. */
  readonly threads: number;
  readonly startedMs: number;
  readonly inputs: readonly { readonly name: string; readonly bytes: number; readonly modified: string }[];
  /** What else made the results what they are: model, seeds, …. */
  readonly made: readonly (readonly [name: string, value: string])[];
}

/** More than these, and the page would be a list of files. */
const mostInputs = 200;

/** Where and by what the results were made. `startedMs` as of `performance.now()`. */
export function provenance({ ranks, library, threads, startedMs, inputs, made }: Origin): Section {
  const started = new Date(performance.timeOrigin + startedMs);
  const commit = commitOf(packageFile(''));
  const rows = [
    ['command', commandLine()],
    ['folder', process.cwd()],
    ['started', started.toISOString()],
    ['finished', new Date().toISOString()],
    ['swae', version + (commit === undefined ? '' : `, commit ${commit}`)],
    ['Node.js', process.version],
    ['machine', `${hostname()}: ${cpus().length} × ${cpus()[0]?.model.trim()}, ${formatBytes(totalmem())} memory`],
    ['system', `${type()} ${release()} ${arch()}`],
    ['ranks', `${ranks} of ${threads} thread(s)`],
    ['MPI library', library],
    ...made,
  ];
  return {
    title: 'Provenance',
    tables: [{ caption: 'How this was made', heading: ['what', 'value'], rows }, inputTable(inputs)],
  };
}

function inputTable(inputs: Origin['inputs']): Table {
  const rest = inputs.length - mostInputs;
  const bytes = inputs.reduce((sum, input) => sum + input.bytes, 0);
  return {
    caption: `Inputs: ${inputs.length} file(s), ${formatBytes(bytes)}${rest > 0 ? `; the first ${mostInputs}` : ''}`,
    heading: ['file', 'bytes', 'changed'],
    rows: inputs
      .slice(0, mostInputs)
      .map(({ name, bytes: size, modified }) => [name, size.toLocaleString('en'), modified]),
  };
}

/** As a shell takes it. */
export function commandLine(args: readonly string[] = process.argv.slice(2)): string {
  const quoted = args.map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`));
  return ['swae', ...quoted].join(' ');
}

/** Of the program's own repository; undefined where it is none, or there is no git. */
function commitOf(root: string): string | undefined {
  if (!existsSync(join(root, '.git'))) return undefined;
  try {
    const args = ['-C', root, 'describe', '--always', '--dirty', '--abbrev=12', '--exclude=*'];
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}
