import test from 'ava';
import { duration, formatBytes } from '../../src/commands/progress.js';

test('bytes in decimal units of three digits', (t) => {
  const texts = { 0: '0 B', 999: '999 B', 1000: '1.00 kB', 12345: '12.3 kB', 999499: '999 kB', 999950: '1.00 MB' };
  for (const [bytes, text] of Object.entries(texts)) t.is(formatBytes(Number(bytes)), text);
});

test('durations', (t) => {
  const texts = {
    0: '0 s',
    59.4: '59 s',
    59.6: '1 min 00 s',
    150: '2 min 30 s',
    3599.7: '1 h 00 min',
    3900: '1 h 05 min',
  };
  for (const [seconds, text] of Object.entries(texts)) t.is(duration(Number(seconds)), text);
});
