import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { writeFileAtomic } from '../../io/atomic-file.js';

export interface Metrics {
  /** A value that is undefined is left out. */
  append(record: Readonly<Record<string, number | undefined>>): void;
}

/**
 * `metrics.jsonl`: one JSON object a line, each with its `step`. A resumed run first drops the lines after its
 * checkpoint's step, since it will write them again.
 */
export function openMetrics(path: string, fromStep: number): Metrics {
  if (existsSync(path)) {
    const kept = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => isWithin(line, fromStep));
    writeFileAtomic(path, [Buffer.from(kept.map((line) => `${line}\n`).join(''))]);
  }
  return { append: (record) => appendFileSync(path, `${JSON.stringify(record)}\n`) };
}

/** Whether a line is whole (a kill may cut the last one) and not after `step`. */
function isWithin(line: string, step: number): boolean {
  try {
    return JSON.parse(line).step <= step;
  } catch {
    return false;
  }
}
