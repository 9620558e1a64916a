/** How commands speak: --json, --quiet, bars and colours. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { mpiTest } from '../launch.js';
import { program } from '../program.js';
import { encodedOf, filesBelow } from './fixtures/content.js';
import { writeModel, writeOctants } from './fixtures/data.js';
import { expectCode, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const input = writeOctants(join(folder, 'input/a.h5'), { variables: ['U_CHI', 'U_K'] });
const model = writeModel(join(folder, 'model.safetensors'), 7);
const results = join(folder, 'results');
const compress = ['compress', input, '--model-path', model, '--output-dir'];

/** The one document on stdout; with --quiet nothing is said beside it. */
async function documentOf(t: ExecutionContext, ...args: string[]) {
  const { stdout, stderr } = await expectCode(t, 0, [...args, '--json', '--quiet']);
  t.is(stderr, '');
  return JSON.parse(stdout);
}

/** For those who ask for files. */
async function isSilent(t: ExecutionContext, ...args: string[]): Promise<void> {
  const { stdout, stderr } = await expectCode(t, 0, [...args, '--quiet']);
  t.is(stdout + stderr, '');
}

test.before('--quiet: compress says nothing', (t) => isSilent(t, ...compress, results));

test('--json of compress is summary.json, and where the files are', async (t) => {
  const output = join(folder, 'json');
  const { encoded, reconstructed, ...summary } = await documentOf(t, ...compress, output);
  t.is(encoded, encodedOf(output));
  t.is(reconstructed, join(encoded, '../all_variables_reconstructed.h5'));
  t.deepEqual(summary, JSON.parse(readFileSync(join(encoded, '../summary.json'), 'utf8')));
  // What `ls` shows.
  t.is(summary.onDiskBytes, statSync(input).size);
  t.is(summary.ratioOnDisk, statSync(input).size / statSync(encoded).size);
});

test('--json leaves what is for people on stderr', async (t) => {
  const { stdout, stderr } = await expectCode(t, 0, [...compress, join(folder, 'people'), '--json']);
  t.notThrows(() => JSON.parse(stdout));
  t.regex(stderr, /^1 files, 2 variables, /m);
  t.regex(stderr, /^compress █+ 100 %/m);
});

test('--json of evaluate is evaluation.json', async (t) => {
  const output = join(folder, 'evaluation');
  const found = await documentOf(t, 'evaluate', input, '--model-path', model, '--output-dir', output);
  t.deepEqual(found, JSON.parse(readFileSync(join(output, 'evaluation.json'), 'utf8')));
});

test('--json of verify has every file', async (t) => {
  const { isWhole, isCompared, files } = await documentOf(t, 'verify', encodedOf(results), input);
  t.true(isWhole && isCompared);
  t.is(files.length, 1);
  t.true(files[0].psnr > 0 && files[0].maxErrorInRanges > 0);
});

test('--json of decompress and vti says what was written', async (t) => {
  const output = join(folder, 'files');
  const { files, made, bytes } = await documentOf(t, 'decompress', encodedOf(results), '--output-dir', output);
  t.deepEqual([files, made], [1, 1]);
  t.true(bytes > 0);
  const { written } = await documentOf(t, 'vti', input, '--model-path', model, '--output-dir', output);
  t.deepEqual(
    written.map(({ path }: { path: string }) => path),
    [join(output, 'a.vtm')],
  );
  t.deepEqual(
    filesBelow(output).filter((name) => !name.endsWith('.vti')),
    ['a.h5', 'a.vtm'],
  );
});

test('--json of train is how it went', async (t) => {
  const output = join(folder, 'run');
  const steps = ['--block-size', '7', '--batch-size', '4', '--max-steps', '2'];
  const found = await documentOf(t, 'train', input, ...steps, '--output-dir', output);
  t.true(found.finished);
  t.is(found.steps, 2);
  t.is(found.model, join(output, 'best_model.safetensors'));
  t.true(found.validation.error > 0);
});

test('--json of the commands that only look', async (t) => {
  t.is((await documentOf(t, 'info', encodedOf(results))).kind, 'archive');
  t.is((await documentOf(t, 'info', model)).architecture.blockSize, 7);
  t.is((await documentOf(t, 'info', input)).datasets.length, 3);
  // The multiply-adds of 125·512·256·16 there and back, two operations each.
  const { encoder, decoder } = await documentOf(t, 'flops');
  const sum = [...encoder, ...decoder].reduce((total: number, { nominal }: { nominal: number }) => total + nominal, 0);
  t.is(sum, 2 * 2 * (125 * 512 + 512 * 256 + 256 * 16));
  t.regex((await documentOf(t, 'diagram')).picture, /^flowchart /m);
  t.is((await documentOf(t, 'costs')).sections[0].coders.length, 9);
  const projected = await documentOf(t, 'project', '--from', 'test/commands/fixtures/scaling.json');
  t.is(projected.projections.length, 4);
});

test('--quiet: what was asked for is printed all the same', async (t) => {
  const { stdout, stderr } = await expectCode(t, 0, ['flops', '-q']);
  t.regex(stdout, /^encoder/m);
  t.is(stderr, '');
});

test('--quiet does not silence what is wrong', async (t) => {
  const { stdout, stderr } = await expectCode(t, 1, ['verify', encodedOf(results), model, '--quiet']);
  t.is(stdout, '');
  t.regex(stderr, /^swae: a\.h5: is not among the sources$/m);
});

mpiTest('openmpi', 'two ranks give one document', async (t) => {
  const args = ['verify', encodedOf(results), input, '--json', '--quiet'];
  const { stdout } = await expectCode(t, 0, args, { library: 'openmpi', ranks: 2 });
  t.true(JSON.parse(stdout).isWhole);
});

/** util-linux's script runs a command on a terminal of its own. Nothing else is inherited: Node heeds NO_COLOR, CI, TMUX and more. */
function onTerminal(settings: string, ...args: string[]): string {
  const command = `env ${settings} ${process.execPath} ${program} ${args.join(' ')}`;
  return spawnSync('script', ['-qec', command, '/dev/null'], {
    env: { PATH: process.env.PATH, TERM: 'xterm' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).stdout;
}

const terminalTest = spawnSync('script', ['--version']).status === 0 ? test : test.skip;
const red = '\x1b[31mswae:\x1b[39m';

terminalTest('on a terminal: a bar that is drawn over, and colours', (t) => {
  const shown = onTerminal('A=1', ...compress, join(folder, 'terminal'));
  t.true(shown.includes('\r\x1b[Kcompress ██'), shown);
  t.true(shown.includes('\x1b[1mvariable '), shown);
  t.true(onTerminal('A=1', 'pack').includes(red));
});

terminalTest('NO_COLOR and TERM=dumb: none', (t) => {
  t.false(onTerminal('NO_COLOR=1', 'pack').includes('\x1b[3'));
  t.false(onTerminal('TERM=dumb', ...compress, join(folder, 'dumb')).includes('\x1b'));
});

test('FORCE_COLOR: colours in a pipe', async (t) => {
  const { stderr } = await expectCode(t, 2, ['pack'], { env: { FORCE_COLOR: '1' } });
  t.true(stderr.startsWith(red), stderr);
});

/** Takes nothing. */
const full = '/dev/full';
const fullTest = existsSync(full) ? test : test.skip;

for (const args of [
  ['flops', '--json'],
  ['info', input],
  ['compress', input, '--error-bound', '0.1', '--output-dir', join(folder, 'unprinted'), '--no-report'],
])
  fullTest(`${args[0]}: exit code 1 where its results cannot be printed`, (t) => {
    const stdout = openSync(full, 'w');
    const { status, stderr } = spawnSync(process.execPath, [program, ...args], {
      stdio: ['ignore', stdout, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(stdout);
    t.is(status, 1, stderr);
    t.regex(stderr, /^swae: stdout: no space left on device\n$/m);
  });

test('who reads no further, as head does, ends no work and is told nothing', async (t) => {
  const output = join(folder, 'unread');
  const args = ['compress', input, '--error-bound', '0.1', '--output-dir', output, '--no-report'];
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  t.deepEqual(await once(child, 'close'), [0, null], stderr);
  t.notRegex(stderr, /swae:|EPIPE/);
  t.true(existsSync(encodedOf(output)));
});
