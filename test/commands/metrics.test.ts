import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { openMetrics } from '../../src/commands/train/metrics.js';
import { readEvents } from '../io/fixtures/events.js';
import { temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const line = (record: object) => `${JSON.stringify(record)}\n`;
const first = line({ step: 50, epoch: 0, reconstruction: 2 });
const step = line({ step: 100, epoch: 1, reconstruction: 1 });
const epoch = line({ step: 100, epoch: 1, validation_error: 1 });
const later = line({ step: 150, epoch: 2, reconstruction: 1 });

function keptOf(name: string, position: { step: number; epoch: number }, text: string): string {
  const run = join(folder, name);
  mkdirSync(run);
  writeFileSync(join(run, 'metrics.jsonl'), text);
  openMetrics(run, position);
  return readFileSync(join(run, 'metrics.jsonl'), 'utf8');
}

test('lines after the checkpoint go, and one that a kill has cut', (t) => {
  t.is(
    keptOf('after', { step: 100, epoch: 2 }, first + step + epoch + later + later.slice(0, 9)),
    first + step + epoch,
  );
});

test("a checkpoint at an epoch's last step, older than the epoch's line, drops that line alone", (t) => {
  t.is(keptOf('epoch', { step: 100, epoch: 1 }, first + step + epoch), first + step);
});

test('what is appended is a line, and an event', (t) => {
  const run = join(folder, 'new');
  mkdirSync(run);
  const metrics = openMetrics(run, { step: 0, epoch: 0 });
  metrics.append({ step: 50, epoch: 0, reconstruction: 2 });
  t.is(readFileSync(join(run, 'metrics.jsonl'), 'utf8'), first);
  const [name] = readdirSync(join(run, 'tensorboard'));
  const events = readEvents(join(run, 'tensorboard', name!));
  t.deepEqual(events.at(-1), { step: 50, scalars: { 'loss/reconstruction': 2 } });
});
