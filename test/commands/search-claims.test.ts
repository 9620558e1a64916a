import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import test from 'ava';
import { Claims } from '../../src/commands/search/claims.js';
import { temporaryFolder } from './fixtures/sample.js';

const attempts = (folder: string) => readdirSync(folder).sort();
const read = (folder: string, name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));

test('one process at a time has a trial; the next attempt is another file', (t) => {
  const folder = temporaryFolder(t);
  const [mine, theirs] = [new Claims(60), new Claims(60)];
  const claim = mine.take(folder);
  t.truthy(claim);
  t.is(theirs.take(folder), undefined);
  t.is(mine.take(folder), undefined);
  claim!.end('interrupted');
  t.truthy(theirs.take(folder));
  t.is(mine.take(folder), undefined);
  t.deepEqual(attempts(folder), ['attempt-000.json', 'attempt-001.json']);
  t.is(read(folder, 'attempt-000.json').ended, 'interrupted');
});

test('what a dead process of this machine had is free at once, unless another process still works on it', (t) => {
  const folder = temporaryFolder(t);
  new Claims(60).take(folder);
  const { pid: dead } = spawnSync('true');
  const attempt = read(folder, 'attempt-000.json');
  const leave = (pids: number[]) =>
    writeFileSync(join(folder, 'attempt-000.json'), JSON.stringify({ ...attempt, owner: { ...attempt.owner, pids } }));
  leave([dead, process.pid]);
  t.is(new Claims(60).take(folder), undefined);
  leave([dead]);
  t.truthy(new Claims(60).take(folder));
});

test('what a process elsewhere had is free when it has shown no sign of life for long enough', (t) => {
  const folder = temporaryFolder(t);
  const sign = (beat: number) =>
    writeFileSync(
      join(folder, 'attempt-000.json'),
      JSON.stringify({ owner: { place: 'node7', pids: [1] }, beat, seconds: 20 * beat }),
    );
  let seconds = 0;
  const claims = new Claims(100, () => 1000 * seconds);
  const takenAfter = (more: number) => {
    seconds += more;
    return claims.take(folder);
  };
  sign(1);
  t.is(takenAfter(0), undefined);
  t.is(takenAfter(90), undefined);
  sign(2);
  t.is(takenAfter(90), undefined);
  // Longer than that since it was first seen, but not since its last sign of life.
  t.is(takenAfter(90), undefined);
  const claim = takenAfter(20);
  t.truthy(claim);
  t.true(claim!.secondsSpent() >= 40);
});

test('an owner renews its claim, and is told when it has lost it', async (t) => {
  const folder = temporaryFolder(t);
  const claim = new Claims(6).take(folder)!;
  let lost = false;
  claim.keep([process.pid], () => {
    lost = true;
  });
  const beat = () => read(folder, 'attempt-000.json').beat;
  const before = beat();
  while (beat() === before) await setTimeout(50);
  t.false(lost);
  writeFileSync(join(folder, 'attempt-001.json'), '{}');
  while (!lost) await setTimeout(50);
  t.pass();
});
