import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { openMetrics } from '../../src/commands/train/metrics.js';
import { temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const line = (record: object) => `${JSON.stringify(record)}\n`;
const first = line({ step: 50, epoch: 0, reconstruction: 2 });
const step = line({ step: 100, epoch: 1, reconstruction: 1 });
const epoch = line({ step: 100, epoch: 1, validation_error: 1 });
const later = line({ step: 150, epoch: 2, reconstruction: 1 });

function keptOf(name: string, position: { step: number; epoch: number }, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  openMetrics(path, position);
  return readFileSync(path, 'utf8');
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

test('what is appended is a line', (t) => {
  const path = join(folder, 'new');
  const metrics = openMetrics(path, { step: 0, epoch: 0 });
  metrics.append({ step: 50, epoch: 0, reconstruction: 2 });
  t.is(readFileSync(path, 'utf8'), first);
});
