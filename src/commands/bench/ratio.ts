import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Argv } from 'yargs';
import { InputError, UsageError } from '../../errors.js';
import { writeFileAtomic } from '../../io/atomic-file.js';
import { packageFile } from '../../package-file.js';
import { printingCommand, type Result } from '../command-module.js';
import { inputOption, requireSvg } from '../options.js';
import { startProgress } from '../progress.js';
import { formatTable } from '../table.js';

const cli = packageFile('build/bin/swae.js');
const peersScript = packageFile('bench/peers.py');

function options(parser: Argv) {
  return parser
    .positional('input', inputOption)
    .option('bounds', {
      type: 'string',
      default: '1e-2,1e-3,1e-4,1e-5,1e-6',
      describe: 'error bounds, separated by commas',
    })
    .option('bound-mode', {
      choices: ['range', 'block'] as const,
      default: 'range' as const,
      describe: 'fractions of the range of the variable, or of the block',
    })
    .option('python', {
      type: 'string',
      describe: 'a Python with h5py, numpy, hdf5plugin and, for the newest SZ3, pysz: measures SZ3, ZFP and SPERR too',
    })
    .option('output', { type: 'string', describe: 'SVG file to draw it in: ratio by bound' })
    .example(
      '$0 bench ratio run/a.h5 --python venv/bin/python',
      'ratios at each bound beside those of SZ3, ZFP, SPERR',
    );
}

type RatioOptions = Awaited<ReturnType<typeof options>['argv']>;

export const ratioCommand = printingCommand(
  'ratio <input..>',
  'compression ratios at guaranteed error bounds, beside those of SZ3, ZFP and SPERR',
  options,
  benchRatio,
);

/** Of one bound. */
interface Measured {
  readonly bound: string;
  /** Bytes of the variables to bytes of the whole archive, what was copied included. */
  readonly ratio: number;
  /** To those of the records alone, which is what the peers' streams are. */
  readonly streamRatio: number;
  readonly megabytesPerSecond: number;
  readonly peers: Readonly<Record<string, number>>;
}

async function benchRatio({ input, bounds, boundMode, python, output }: RatioOptions): Promise<Result> {
  if (output !== undefined) requireSvg(output);
  const list = bounds.split(',').map((bound) => bound.trim());
  for (const bound of list)
    if (!(Number(bound) > 0)) throw new UsageError(`--bounds must be numbers above 0, got "${bound}"`);
  const folder = mkdtempSync(join(tmpdir(), 'swae-ratio-'));
  try {
    const peers = python === undefined ? {} : measurePeers(python, input, list, boundMode, join(folder, 'peers.json'));
    const progress = startProgress({ label: 'compress', total: list.length, unit: 'bounds' });
    const rows = list.map((bound, index) => {
      const measured = compressOnce(input, bound, boundMode, folder);
      progress.update(index + 1);
      return { ...measured, peers: peers[bound] ?? {} };
    });
    progress.finish();
    if (output !== undefined) await drawRatios(rows, boundMode, output);
    return { result: rows, lines: report(rows, python) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Rate against distortion: the further to the upper left, the better. */
async function drawRatios(rows: readonly Measured[], boundMode: string, output: string): Promise<void> {
  const { drawCurves } = await import('../../plots/curves.js');
  const { standalone } = await import('../../plots/draw.js');
  const points = (ratio: (row: Measured) => number) => rows.map((row) => [Number(row.bound), ratio(row)] as const);
  const curves = [
    { name: 'swae', points: points(({ ratio }) => ratio) },
    { name: 'swae, records alone', points: points(({ streamRatio }) => streamRatio) },
    ...Object.keys(rows[0].peers).map((name) => ({ name, points: points(({ peers }) => peers[name]) })),
  ];
  const unit = boundMode === 'range' ? 'variable' : 'block';
  const axes = { x: `guaranteed error / range of the ${unit}`, isLogarithmic: true, y: 'compression ratio' };
  const svg = drawCurves('Compression ratio by guaranteed error', axes, curves);
  writeFileAtomic(output, [Buffer.from(standalone(svg))]);
}

/** End to end, by a process of its own. */
function compressOnce(
  input: readonly string[],
  bound: string,
  boundMode: string,
  folder: string,
): Omit<Measured, 'peers'> {
  const output = join(folder, bound);
  const options = [
    '--error-bound',
    bound,
    '--bound-mode',
    boundMode,
    '--no-reconstruct',
    '--no-report',
    '--output-dir',
    output,
  ];
  const { status, stderr } = spawnSync(process.execPath, [cli, 'compress', ...input, ...options], { encoding: 'utf8' });
  if (status !== 0) throw new InputError(`compress --error-bound ${bound} failed: ${stderr.trim()}`);
  const [run] = readdirSync(output);
  const { dataBytes, encodedBytes, seconds, variables } = JSON.parse(
    readFileSync(join(output, run, 'summary.json'), 'utf8'),
  );
  const streamBytes = variables.reduce((sum: number, { storedBytes }: { storedBytes: number }) => sum + storedBytes, 0);
  return {
    bound,
    ratio: dataBytes / encodedBytes,
    streamRatio: dataBytes / streamBytes,
    megabytesPerSecond: dataBytes / seconds / 1e6,
  };
}

/** By bound and name: the ratio of the best layout for each variable. */
function measurePeers(
  python: string,
  input: readonly string[],
  bounds: readonly string[],
  boundMode: string,
  output: string,
): Record<string, Record<string, number>> {
  const options = ['--bounds', bounds.join(','), '--mode', boundMode, '--json', output];
  try {
    execFileSync(python, [peersScript, ...input, ...options], {
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new InputError(`--python ${python}: ${(stderr || message).trim().split('\n').at(-1)}`, {
      hint: 'Into an environment of its own: pip install h5py numpy hdf5plugin pysz',
    });
  }
  const { total } = JSON.parse(readFileSync(output, 'utf8'));
  return Object.fromEntries(
    bounds.map((bound) => [
      bound,
      Object.fromEntries(Object.entries<{ ratio: number }>(total[bound]).map(([name, { ratio }]) => [name, ratio])),
    ]),
  );
}

function report(rows: readonly Measured[], python: string | undefined): string[] {
  const names = Object.keys(rows[0].peers);
  const best = ({ peers }: Measured) =>
    Math.max(...names.filter((name) => name.startsWith('SZ3')).map((name) => peers[name]));
  const heading = [
    'bound',
    'swae',
    'records alone',
    ...names,
    ...(names.length > 0 ? ['swae / best SZ3'] : []),
    'speed',
  ];
  const table = formatTable(
    heading,
    rows.map((row) => [
      row.bound,
      row.ratio.toFixed(1),
      row.streamRatio.toFixed(1),
      ...names.map((name) => row.peers[name].toFixed(1)),
      ...(names.length > 0 ? [(row.streamRatio / best(row)).toFixed(2)] : []),
      `${row.megabytesPerSecond.toFixed(1)} MB/s`,
    ]),
  );
  const note =
    python === undefined
      ? 'SZ3, ZFP and SPERR: with --python PYTHON, which needs h5py, numpy, hdf5plugin and pysz'
      : 'SZ3, ZFP and SPERR: the best of several layouts for each variable, streams alone (bench/peers.py)';
  return [table, '', 'swae: every byte of the archive counted; records alone: what the others count', note];
}
