/** One test of a TAP stream (https://testanything.org). */
export interface TapTest {
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly title: string;
}

export interface TapCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The test that a line reports; undefined for comments, plans and details. */
export function parseTapLine(line: string): TapTest | undefined {
  const match = /^(not )?ok \d+ - (.*?)( # (SKIP|TODO).*)?$/.exec(line);
  if (!match) return undefined;
  const title = match[2]!.replaceAll('\\#', '#');
  if (match[4]) return { outcome: 'skipped', title };
  return { outcome: match[1] ? 'failed' : 'passed', title };
}

/** "3 passed, 0 failed", and ", 1 skipped" where some were. */
export function summarise({ passed, failed, skipped }: TapCounts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/**
 * Counts outcomes. A runner that failed without a failed test counts as one failure, and so does a run without any
 * test, so that neither can look like a success.
 */
export function countOutcomes(tests: readonly TapTest[], runnerSucceeded: boolean): TapCounts {
  const count = (outcome: TapTest['outcome']) => tests.filter((test) => test.outcome === outcome).length;
  const [passed, failed, skipped] = [count('passed'), count('failed'), count('skipped')];
  const silentFailure = failed === 0 && (!runnerSucceeded || passed === 0);
  return { passed, failed: silentFailure ? 1 : failed, skipped };
}
