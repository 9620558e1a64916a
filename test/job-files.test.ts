/** How the job files call `launch.sh`: here one that only prints what it is given. The tests on a cluster submit them. */
import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder } from './commands/fixtures/swae.js';

const clone = temporaryFolder();
const launcher = join(clone, 'launch.sh');
writeFileSync(launcher, '#!/bin/sh\nprintf "%s\\n" "$@"\n');
chmodSync(launcher, 0o755);

const passed = test.macro<[string, readonly string[], ...string[]]>({
  title: (_, file, options) => `${file}.sbatch ${options.join(' ')}`,
  exec(t, file, options, ...expected) {
    const env = { PATH: process.env.PATH, CLONE: clone, DATA: 'data', OUT: 'out' };
    const given = execFileSync('bash', [`slurm/${file}.sbatch`, ...options], { encoding: 'utf8', env })
      .trim()
      .split('\n');
    t.deepEqual(given.toSorted(), [file, 'data', '--output-dir', 'out', ...options, ...expected].toSorted());
  },
});

const model = ['--model-path', join(clone, 'save/swae_all_vars_7x7x7_mlp')];
test(passed, 'train', [], '--resume', '--block-size', '7', '--epochs', '100');
test(passed, 'train', ['--block-size', '5', '--epochs=3'], '--resume');
test(passed, 'compress', [], '--resume', ...model);
test(passed, 'compress', ['--error-bound', '1e-3'], '--resume');
test(passed, 'compress', ['--model-path', 'mine'], '--resume');
test(passed, 'evaluate', ['--split', 'test'], ...model);
test(passed, 'evaluate', ['--archive', 'a.h5']);
