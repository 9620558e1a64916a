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
let showDetails = false;
for await (const line of createInterface({ input: runner.stdout })) {
  const test = parseTapLine(line);
  if (test) {
    tests.push(test);
    showDetails = test.outcome === 'failed';
    console.log(`${marks[test.outcome]} ${test.title}`);
  } else if (showDetails && /^ /.test(line)) console.log(line);
}

const counts = countOutcomes(tests, await ended);
for (const outcome of ['skipped', 'failed'] as const) {
  const titles = tests.filter((test) => test.outcome === outcome).map((test) => `  ${test.title}`);
  if (titles.length > 0) console.log([`\n${outcome}:`, ...titles].join('\n'));
}
console.log(`\n${summarise(counts)}`);
process.exitCode = counts.failed > 0 ? 1 : 0;
