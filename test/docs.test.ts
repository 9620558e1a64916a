/**
 * Every command of the documentation is run: blocks of ```sh in order, in a copy of the tree where they may write. What a
 * page links to is there.
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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

const markdownBelow = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);

/** Paths from the root that a page links to, in text or as images; those within the page and on the network left out. */
function linksOf(page: string): string[] {
  const targets = [...readFileSync(join(root, page), 'utf8').matchAll(/\]\(([^()\s]+)\)/g)].map(
    ([, target]) => target!,
  );
  return targets
    .filter((target) => !/^([a-z]+:|#)/.test(target))
    .map((target) => join(dirname(page), target.replace(/#.*/, '')));
}

for (const page of ['README.md', 'data/sample/README.md', ...markdownBelow('docs'), ...markdownBelow('save')]) {
  test(`the links of ${page} lead to files`, (t) => {
    t.deepEqual(
      linksOf(page).filter((target) => !existsSync(join(root, target))),
      [],
    );
  });
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
