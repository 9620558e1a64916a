/** Wrong command lines, and an MPI library that is not there. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { mpiLibraries, mpiTest } from '../launch.js';
import { expectCode, swae, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();

const wrong: Record<string, { args: string[]; message: RegExp }> = {
  'no command': { args: [], message: /^swae: which command\?\n\nswae COMMAND\n(.|\n)*Options:\n/ },
  'no command of bench': { args: ['bench'], message: /^swae: bench what\?\n\nswae bench\n(.|\n)*Commands:\n/ },
  'an unknown command': {
    args: ['pack', 'x'],
    message: /^swae: unknown command: pack\n {2}swae --help tells more\.\n$/,
  },
  'a mistyped command': {
    args: ['compres', 'x'],
    message: /^swae: unknown command: compres\n {2}Did you mean compress\? /,
  },
  'an unknown option': {
    args: ['compress', 'x', '--model-path', 'm', '--fast'],
    message: /^swae: unknown argument: --fast\n {2}swae compress --help tells more\.\n$/,
  },
  'a mistyped option': {
    args: ['compress', 'x', '--model-pth', 'm'],
    message: /^swae: unknown argument: --model-pth\n {2}Did you mean --model-path\? /,
  },
  'a mistyped option with its value': {
    args: ['train', 'x', '--bath-size=5'],
    message: /^swae: unknown argument: --bath-size\n {2}Did you mean --batch-size\? /,
  },
  'a mistyped command of search': {
    args: ['search', 'analyze', 'x'],
    message: /^swae: unknown command: search analyze\n {2}Did you mean analyse\? swae search --help/,
  },
  'a mistyped option of search run': {
    args: ['search', 'run', 'x', '--output-dir', 'o', '--varables', 'y'],
    message: /^swae: unknown argument: --varables\n {2}Did you mean --variables\? swae search run --help/,
  },
  'an option with one dash': {
    args: ['compress', 'x', '-error-bound', '1e-3'],
    message: /^swae: unknown argument: -error-bound\n {2}Did you mean --error-bound\? /,
  },
  'an unknown letter': { args: ['flops', '-x'], message: /^swae: unknown argument: -x\n {2}swae flops --help/ },
  'a known letter and an unknown one': { args: ['flops', '-qx'], message: /^swae: unknown argument: -qx\n/ },
  'a dot in an option': {
    args: ['flops', '--latent-size.x', '3'],
    message: /^swae: unknown argument: --latent-size\.x\n {2}Did you mean --latent-size\? /,
  },
  'a number with something behind it': {
    args: ['view', 'x', '--port', '80x'],
    message: /^swae: --port must be a number, got "80x"\n/,
  },
  'a list of numbers with one that is none': {
    args: ['bench', 'encode', '--batch-size', '8', 'x16'],
    message: /^swae: --batch-size must be a number, got "x16"\n/,
  },
  'a list of no numbers': { args: ['project', '--writers'], message: /^swae: --writers needs a value\n/ },
  'no input': { args: ['compress', '--model-path', 'm'], message: /^swae: compress needs <input\.\.>\n/ },
  'an input that --variables has taken': {
    args: ['compress', '--error-bound', '1', '--variables', 'U_CHI', 'data/sample'],
    message:
      /^swae: compress needs <input\.\.>\n {2}data\/sample was taken for one more of --variables: write it before that\. swae compress --help/,
  },
  'no input, and a path that is of another option': {
    args: ['compress', '--variables', 'U_CHI', '--model-path', 'data/sample'],
    message: /^swae: compress needs <input\.\.>\n {2}swae compress --help/,
  },
  'no folder of a search': { args: ['search', 'analyse'], message: /^swae: search analyse needs <folder\.\.>\n/ },
  'a second archive': { args: ['decompress', 'x', 'y'], message: /^swae: unknown argument: y\n/ },
};

for (const [title, { args, message }] of Object.entries(wrong)) {
  test(`${title}: exit code 2, and nothing on stdout`, async (t) => {
    const { stderr, stdout } = await expectCode(t, 2, args);
    t.regex(stderr, message);
    t.regex(stderr, /--help/);
    t.is(stdout, '');
  });
}

test('--help names every command and exit code', async (t) => {
  const { stdout } = await expectCode(t, 0, ['--help']);
  for (const command of [
    'train',
    'compress',
    'decompress',
    'verify',
    'info',
    'flops',
    'diagram',
    'costs',
    'project',
    'bench',
  ])
    t.regex(stdout, new RegExp(`swae ${command} `));
  t.regex(stdout, /Exit codes: 0 .*, 1 .*, 2 .*, 3 .*,\s+75 /);
});

const badBounds: Record<string, { args: string[]; message: string }> = {
  'neither a model nor a bound': {
    args: [],
    message: 'compress needs --model-path (latents of a model), or --error-bound or --target-psnr (no model)',
  },
  'a negative bound': { args: ['--error-bound=-1e-3'], message: '--error-bound must be a number above 0, got -0.001' },
  'a bound of 0': { args: ['--error-bound', '0'], message: '--error-bound must be a number above 0, got 0' },
  'a bound that is no number': {
    args: ['--error-bound', 'small'],
    message: '--error-bound must be a number, got "small"',
  },
  'a negative bound with an exponent, which yargs takes for options': {
    args: ['--error-bound', '-1e-3'],
    message: '--error-bound must be a number above 0, got -0.001',
  },
  'no bound': { args: ['--error-bound'], message: '--error-bound needs a value' },
  'an option in place of a bound': { args: ['--error-bound', '--quiet'], message: '--error-bound needs a value' },
  'an empty bound': { args: ['--error-bound='], message: '--error-bound needs a value' },
  'no number of writers, though there is a default': {
    args: ['--error-bound', '1', '--writers'],
    message: '--writers needs a value',
  },
  'an infinite bound': {
    args: ['--error-bound', 'Infinity'],
    message: '--error-bound must be a number above 0, got Infinity',
  },
  'eight bits with a bound': {
    args: ['--error-bound', '1', '--enable-int8'],
    message: '--use-float8 and --enable-int8 go with a model, not with --error-bound or --target-psnr',
  },
  'latents of no precision': {
    args: ['--model-path', 'save/swae_all_vars_7x7x7_mlp', '--latents-only'],
    message: '--latents-only and --dynamic-scales go with --enable-int8 or --use-float8',
  },
  'a mode without a bound': {
    args: ['--target-psnr', '60', '--bound-mode', 'abs'],
    message: '--bound-mode abs goes with --error-bound',
  },
  'two bounds': {
    args: ['--error-bound', '1', '--error-bound', '2'],
    message: '--error-bound is given 2 times: 1, 2',
  },
  'a PSNR that is no number': {
    args: ['--target-psnr', 'high'],
    message: '--target-psnr must be a number, got "high"',
  },
  'a PSNR of 0': { args: ['--target-psnr', '0'], message: '--target-psnr must be a number above 0, got 0' },
  'a negative PSNR': { args: ['--target-psnr', '-60'], message: '--target-psnr must be a number above 0, got -60' },
  'a negative bound beside a PSNR': {
    args: ['--error-bound=-1', '--target-psnr', '60'],
    message: '--error-bound must be a number above 0, got -1',
  },
};

for (const [title, { args, message }] of Object.entries(badBounds))
  test(`${title}: exit code 2, and nothing is made`, async (t) => {
    const output = join(folder, title);
    const { stderr, stdout } = await expectCode(t, 2, ['compress', 'data/sample', '--output-dir', output, ...args]);
    t.is(stderr.split('\n')[0], `swae: ${message}`);
    t.notRegex(stderr, /\n +at /);
    t.is(stdout, '');
    t.false(existsSync(output));
  });

test('a mode of bound that there is not: exit code 2, and the modes, in English wherever it is', async (t) => {
  const args = ['compress', 'data/sample', '--output-dir', folder, '--error-bound', '1', '--bound-mode', 'relative'];
  const { stderr } = await expectCode(t, 2, args, { env: { LC_ALL: 'de_DE.UTF-8' } });
  t.regex(stderr, /Argument: bound-mode, Given: "relative", Choices: "abs", "range", "block"/);
});

test('plots of an evaluation without a folder for them: exit code 2', async (t) => {
  const args = ['evaluate', 'data/sample', '--model-path', 'save/swae_all_vars_7x7x7_mlp', '--plots'];
  const { stderr, stdout } = await expectCode(t, 2, args);
  t.is(stderr.split('\n')[0], 'swae: --plots needs --output-dir');
  t.is(stdout, '');
});

test('threads that are no number: exit code 2', async (t) => {
  const { stderr } = await expectCode(t, 2, ['train', 'data/sample', '--threads', 'many', '--output-dir', folder]);
  t.regex(stderr, /^swae: --threads must be a number, got "many"\n/);
});

for (const library of mpiLibraries)
  mpiTest(library, `a missing MPI library is named, ${library}`, async (t) => {
    const env = { SWAE_MPI_LIBRARY: '/nonexistent/libmpi.so' };
    const args = ['compress', 'data/sample', '--model-path', 'm', '--output-dir', folder];
    const { stderr, code, timedOut } = await swae(args, { library, ranks: 2, env, timeout: 30 });
    t.false(timedOut);
    t.is(code, 1);
    t.regex(stderr, /swae: rank \d: .*\/nonexistent\/libmpi\.so/);
    t.notRegex(stderr, /\n +at /);
  });
