import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** What users start, with its full path: a test may run it in another folder. */
export const program = resolve('build/bin/swae.js');

// tsc alone leaves it as it was, and the tests would be of what is no longer there.
const built = statSync(program, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const newer = readdirSync('src', { recursive: true, encoding: 'utf8' }).find(
  (name) => statSync(join('src', name)).mtimeMs > built,
);
if (newer !== undefined) throw new Error(`src/${newer} is newer than ${program}: npm run build`);
