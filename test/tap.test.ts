import test from 'ava';
import { countOutcomes, parseTapLine, summarise, type TapTest } from './tap.js';

test('lines of a TAP stream', (t) => {
  t.deepEqual(parseTapLine('ok 1 - io › blocks › merge'), { outcome: 'passed', title: 'io › blocks › merge' });
  t.deepEqual(parseTapLine('not ok 12 - a \\# b'), { outcome: 'failed', title: 'a # b' });
  t.deepEqual(parseTapLine('ok 3 - mpich (not found) # SKIP'), { outcome: 'skipped', title: 'mpich (not found)' });
  for (const line of ['1..3', '# tests 3', '  message: ok 1 - no', '---']) t.is(parseTapLine(line), undefined);
});

const passed: TapTest = { outcome: 'passed', title: '' };
const failed: TapTest = { outcome: 'failed', title: '' };
const skipped: TapTest = { outcome: 'skipped', title: '' };

test('no run without a failure looks like a success unless it is one', (t) => {
  t.is(summarise(countOutcomes([passed, passed, skipped], true)), '2 passed, 0 failed, 1 skipped');
  t.is(summarise(countOutcomes([passed, failed], false)), '1 passed, 1 failed');
  t.is(summarise(countOutcomes([passed], false)), '1 passed, 1 failed');
  t.is(summarise(countOutcomes([], true)), '0 passed, 1 failed');
  t.is(summarise(countOutcomes([skipped], true)), '0 passed, 1 failed, 1 skipped');
});
