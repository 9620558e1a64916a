import test from 'ava';
import { parseRange } from '../../src/commands/view/byte-range.js';

const cases: [header: string | undefined, expected: ReturnType<typeof parseRange>][] = [
  [undefined, undefined],
  ['bytes=0-0', [0, 1]],
  ['bytes=10-19', [10, 20]],
  ['bytes=90-', [90, 100]],
  ['bytes=90-1000', [90, 100]],
  ['bytes=-10', [90, 100]],
  ['bytes=-1000', [0, 100]],
  ['bytes=100-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  // May be ignored: RFC 9110, 14.2.
  ['bytes=5-2', undefined],
  ['bytes=0-1,5-6', undefined],
  ['lines=0-1', undefined],
  ['bytes=-', undefined],
];
for (const [header, expected] of cases)
  test(`${header} of 100 bytes: ${expected}`, (t) => {
    t.deepEqual(parseRange(header, 100), expected);
  });
