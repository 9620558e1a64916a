/** Runs the tests from the project folder, shows each as it ends, and prints "N passed, N failed" last. Arguments go to ava. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { countOutcomes, parseTapLine, summarise, type TapTest } from './tap.js';

const marks = { passed: '✔', failed: '✘', skipped: '-' };

const runner = spawn('node_modules/.bin/ava', ['--tap', ...process.argv.slice(2)], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = new Promise<boolean>((resolve) => runner.on('close', (code) => resolve(code === 0)));

const tests: TapTest[] = [];
/** What is to be read of those that failed: at the end, where it is found. */
const failures: string[] = [];
let hasFailed = false;
for await (const line of createInterface({ input: runner.stdout })) {
  const test = parseTapLine(line);
  if (test) {
    tests.push(test);
    hasFailed = test.outcome === 'failed';
    console.log(`${marks[test.outcome]} ${test.title}`);
    if (hasFailed) failures.push(`${marks.failed} ${test.title}`);
  } else if (hasFailed && /^ /.test(line)) failures.push(line);
}

const counts = countOutcomes(tests, await ended);
const skipped = tests.filter(({ outcome }) => outcome === 'skipped').map(({ title }) => `  ${title}`);
if (skipped.length > 0) console.log(['\nskipped:', ...skipped].join('\n'));
if (failures.length > 0) console.log(['\nfailed:', ...failures].join('\n'));
console.log(`\n${summarise(counts)}`);
process.exitCode = counts.failed > 0 ? 1 : 0;
