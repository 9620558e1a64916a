/** Signals to end, sent to work that computes on one rank without a pause. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { encodedOf, filesBelow, journalBytes } from './fixtures/content.js';
import { writeOctants } from './fixtures/data.js';
import { expectCode, temporaryFolder, watchSwae } from './fixtures/swae.js';

const folder = temporaryFolder();
const input = join(folder, 'input');
const archived = join(folder, 'archived');
const variables = ['U_CHI', 'U_K', 'U_ALPHA', 'U_B0'];
const names = ['a', 'b', 'c', 'd', 'e', 'f'];
const bounded = ['compress', input, '--error-bound', '1e-5', '--output-dir'];

test.before((t) => {
  for (const name of names) writeOctants(join(input, `${name}.h5`), { variables, count: 100 });
  return expectCode(t, 0, [...bounded, archived, '--no-reconstruct']);
});

interface Case {
  readonly name: string;
  readonly args: () => readonly string[];
  /** A little of the work is done. */
  readonly begun: (output: string) => boolean;
  /** A file that a run which has stopped early lacks. */
  readonly last: (output: string) => string;
  /** Asks for the rest. */
  readonly again: string;
}

const compress: Case = {
  name: 'compress within a bound',
  args: () => bounded,
  begun: (output) => journalBytes(output) > 0,
  last: encodedOf,
  again: '--resume',
};
const decompress: Case = {
  name: 'decompress',
  args: () => ['decompress', encodedOf(archived), '--output-dir'],
  begun: (output) => existsSync(join(output, 'a.h5')),
  last: (output) => join(output, 'f.h5'),
  again: '--overwrite',
};
const vti: Case = {
  name: 'vti',
  args: () => ['vti', input, '--archive', encodedOf(archived), '--output-dir'],
  begun: (output) => existsSync(join(output, 'a.vtm')),
  last: (output) => join(output, 'f.vtm'),
  again: '--quiet',
};

const stops = test.macro({
  title: (_, { name }: Case, signal: NodeJS.Signals) =>
    `${name}: ${signal} stops it amid its work with exit code 75, and the same again completes it`,
  async exec(t, { name, args, begun, last, again }: Case, signal: NodeJS.Signals) {
    const output = join(folder, `${name}-${signal}`);
    const run = watchSwae([...args(), output]);
    await run.until(() => begun(output));
    t.false(run.over(), 'it was over before it could be stopped');
    process.kill(run.pid, signal);
    const { code, stdout, stderr } = await run.ended;
    t.is(code, 75, stdout + stderr);
    t.regex(stderr, new RegExp(`^swae: stopped by ${signal}$`, 'm'));
    t.false(existsSync(last(output)));
    await expectCode(t, 0, [...args(), output, again]);
    t.true(existsSync(last(output)));
    t.false(filesBelow(output).some((name) => name.endsWith('.tmp')));
    if (again === '--resume') await expectCode(t, 0, ['verify', last(output), input]);
  },
});

test.serial(stops, compress, 'SIGINT');
test.serial(stops, compress, 'SIGUSR1');
test.serial(stops, decompress, 'SIGTERM');
test.serial(stops, vti, 'SIGTERM');
