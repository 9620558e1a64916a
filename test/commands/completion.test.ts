import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { program } from '../program.js';
import { temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();

/** What a shell offers for the last of the words. */
function complete(...words: string[]): string[] {
  const script = `
    eval "$('${process.execPath}' '${program}' completion)"
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _swae
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script, 'bash', ...words], { encoding: 'utf8' })
    .trim()
    .split('\n');
}

const offered: readonly (readonly [line: string, words: readonly string[]])[] = [
  ['swae co', ['compress', 'costs', 'completion']],
  ['swae bench ', ['encode', 'decode', 'train', 'compress', 'scaling', 'transfer', 'ratio', 'mpi']],
  ['swae train run --norm', ['--normalisation']],
  ['swae train run --arch ', ['mlp', 'conv', 'conv-bn']],
  ['swae train run --normalisation d', ['dual']],
  ['./launch.sh -n 4 evaluate run --spl', ['--split', '--split-by']],
  // Files: bash's own.
  ['swae compress dat', ['']],
];

for (const [line, words] of offered)
  test(`bash completes "${line}"`, (t) => t.deepEqual(complete(...line.split(' ')), [...words]));

for (const shell of ['zsh', 'fish']) {
  const isHere = spawnSync(shell, ['--version']).status === 0;
  (isHere ? test : test.skip)(
    `the script for ${shell} can be read${isHere ? '' : ` (apt-get install ${shell})`}`,
    (t) => {
      const script = execFileSync(process.execPath, [program, 'completion', shell]);
      const path = join(folder, `completion.${shell}`);
      writeFileSync(path, script);
      const { status, stderr } = spawnSync(shell, ['-n', path], { encoding: 'utf8' });
      t.is(status, 0, stderr);
    },
  );
}
