/** Every command of the documentation is run: blocks of ```sh in order, in a copy of the tree where they may write. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);
const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`), 'save/README.md'].filter(
  (name) => name.endsWith('.md'),
);

/** This test is part of it. */
const notRunHere = new Set(['./launch.sh test']);

function commandsOf(page: string): string[] {
  const blocks = readFileSync(join(root, page), 'utf8').matchAll(/^```sh\n(.*?)^```/gms);
  return [...blocks].flatMap(([, block]) => block.split('\n')).filter((line) => line !== '' && !notRunHere.has(line));
}

for (const page of pages) {
  const commands = commandsOf(page);
  if (commands.length === 0) continue;
  test.serial(`the commands of ${page} work`, async (t) => {
    t.timeout(600_000);
    const copy = mkdtempSync(join(tmpdir(), 'swae-docs-'));
    t.teardown(() => rmSync(copy, { recursive: true }));
    for (const name of ['build', 'node_modules', 'data', 'save', 'demo', 'package.json', 'package-lock.json'])
      symlinkSync(join(root, name), join(copy, name));
    cpSync(join(root, 'launch.sh'), join(copy, 'launch.sh'));
    for (const command of commands) {
      const { stdout } = await run('bash', ['-euc', command], {
        cwd: copy,
        env: { ...process.env, SWAE_SKIP_SETUP: '1' },
      });
      t.log(`${command}\n${stdout.split('\n').slice(-4).join('\n')}`);
      t.pass();
    }
  });
}
