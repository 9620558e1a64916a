import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { nameFile, writeFileAtomic } from '../../io/atomic-file.js';
import type { Position } from './checkpoint.js';

export interface Metrics {
  /** A value that is undefined is left out. */
  append(record: Readonly<Record<string, number | undefined>>): void;
}

/**
 * `metrics.jsonl`: one JSON object a line, each with its `step`; those of a whole epoch have a `validation_error`. A
 * resumed run first drops what comes after its checkpoint, since it will write that again.
 */
export function openMetrics(path: string, position: Pick<Position, 'step' | 'epoch'>): Metrics {
  if (existsSync(path)) {
    const kept = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => isWithin(line, position));
    writeFileAtomic(path, [Buffer.from(kept.map((line) => `${line}\n`).join(''))]);
  }
  return { append: (record) => nameFile(path, () => appendFileSync(path, `${JSON.stringify(record)}\n`)) };
}

/**
 * Whether a line is whole (a kill may cut the last one) and not after the position. A checkpoint at the last step of an
 * epoch may be older than the epoch's own line.
 */
function isWithin(line: string, { step, epoch }: Pick<Position, 'step' | 'epoch'>): boolean {
  try {
    const record = JSON.parse(line);
    return record.step <= step && (record.validation_error === undefined || record.epoch < epoch);
  } catch {
    return false;
  }
}
