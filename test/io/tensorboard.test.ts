import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { InputError } from '../../src/errors.js';
import { crc32c, createEventFile } from '../../src/io/tensorboard.js';
import { pythonAbsence, pythonWith } from '../python.js';
import { readEvents } from './fixtures/events.js';

const root = mkdtempSync(join(tmpdir(), 'swae-tensorboard-'));
test.after.always(() => rmSync(root, { recursive: true, force: true }));

const onlyFile = (folder: string) => join(folder, readdirSync(folder)[0]!);

/** RFC 3720, appendix B.4, and the check value of every catalogue of CRCs. */
const sums: readonly (readonly [title: string, bytes: Uint8Array, sum: number])[] = [
  ['32 bytes of zeroes', new Uint8Array(32), 0x8a9136aa],
  ['32 bytes of ones', new Uint8Array(32).fill(255), 0x62a8ab43],
  ['32 bytes that increase', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ['32 bytes that decrease', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  ['the digits', Buffer.from('123456789'), 0xe3069283],
];

for (const [title, bytes, sum] of sums) test(`CRC-32C of ${title}`, (t) => t.is(crc32c(bytes), sum));

test('an event file says what it is, where it begins, and the numbers', (t) => {
  const folder = join(root, 'written');
  const file = createEventFile(folder, 7);
  file.scalars(2 ** 40, { 'loss/a': 0.5, 'loss/b': -3 });
  t.regex(onlyFile(folder), /events\.out\.tfevents\.\d{10}\./);
  t.deepEqual(readEvents(onlyFile(folder)), [
    { step: 0, version: 'brain.Event:2' },
    { step: 7, session: 1 },
    { step: 2 ** 40, scalars: { 'loss/a': 0.5, 'loss/b': -3 } },
  ]);
});

test('a histogram counts every finite value once', (t) => {
  const folder = join(root, 'histogram');
  const values = Float32Array.of(0, 0.125, 3, 3, 1.5, Number.NaN, Number.POSITIVE_INFINITY);
  createEventFile(folder, 0).histograms(1, [
    ['some', values],
    ['equal', Float32Array.of(2, 2)],
  ]);
  const { some, equal } = readEvents(onlyFile(folder)).at(-1)!.histograms!;
  t.is(some!.limits.length, 30);
  t.is(some!.limits.at(-1), 3);
  // 30 buckets from 0 to 3: 0.125 is in the second, 1.5 the first of the sixteenth, 3 in the last.
  t.deepEqual(Object.fromEntries([...some!.counts.entries()].filter(([, count]) => count > 0)), {
    0: 1,
    1: 1,
    15: 1,
    29: 2,
  });
  t.is(
    equal!.counts.reduce((sum, count) => sum + count, 0),
    2,
  );
});

test('a folder that cannot be made is named', (t) => {
  writeFileSync(join(root, 'file'), '');
  t.throws(() => createEventFile(join(root, 'file', 'tensorboard'), 0), {
    instanceOf: InputError,
    message: /^file ".*\/file\/tensorboard\/events.*": not a directory$/,
  });
});

const python = pythonWith('tensorboard');
const reader = 'test/io/fixtures/read-events.py';
const read = (folder: string) =>
  JSON.parse(execFileSync(python!, [reader, folder], { encoding: 'utf8', stdio: 'pipe' }));
(python ? test : test.skip)(
  `TensorBoard shows a resumed run once${python ? '' : ` (${pythonAbsence('tensorboard')})`}`,
  (t) => {
    const folder = join(root, 'resumed');
    mkdirSync(folder);
    const first = createEventFile(folder, 1);
    for (const step of [50, 100, 150]) first.scalars(step, { loss: step });
    // As a kill leaves it.
    appendFileSync(onlyFile(folder), Buffer.from([40, 0, 0]));
    // Another process, later: its name comes behind.
    const later = join(root, 'later');
    const second = createEventFile(later, 101);
    for (const step of [150, 200]) second.scalars(step, { loss: -step });
    second.histograms(200, [['weights', Float32Array.of(1, 2, 3)]]);
    execFileSync('mv', [onlyFile(later), join(folder, 'events.out.tfevents.9999999999.host.1')]);
    const shown = read(folder);
    t.deepEqual(shown.scalars.loss, [
      [50, 50],
      [100, 100],
      [150, -150],
      [200, -200],
    ]);
    t.deepEqual(shown.histograms.weights, [[200, 3]]);
  },
);
