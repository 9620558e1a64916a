import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nameFile, writeFileAtomic } from '../../io/atomic-file.js';
import { createEventFile } from '../../io/tensorboard.js';
import type { Position } from './checkpoint.js';

export interface Metrics {
  /** A value that is undefined is left out. */
  append(record: MetricsRecord): void;
  /** How the values of each parameter are distributed. */
  appendParameters(step: number, parameters: Iterable<readonly [name: string, { readonly data: Float32Array }]>): void;
}

type MetricsRecord = Readonly<Record<string, number | undefined>> & { readonly step: number };

export const noMetrics: Metrics = { append() {}, appendParameters() {} };

/** Of TensorBoard, for the values of a record. */
const tags: Readonly<Record<string, string>> = {
  reconstruction: 'loss/reconstruction',
  divergence: 'loss/divergence',
  learning_rate: 'rate/learning_rate',
  samples_per_second: 'rate/samples_per_second',
  epoch_reconstruction: 'epoch/reconstruction',
  epoch_divergence: 'epoch/divergence',
  validation_error: 'validation/error',
  validation_psnr_db: 'validation/psnr_db',
};

/** `metrics.jsonl` in the folder of a run, and the same for TensorBoard in `tensorboard/`. */
export function openMetrics(folder: string, position: Pick<Position, 'step' | 'epoch'>): Metrics {
  const lines = openLines(join(folder, 'metrics.jsonl'), position);
  const events = createEventFile(join(folder, 'tensorboard'), position.step + 1);
  return {
    append(record) {
      lines.append(record);
      const scalars = Object.entries(record).flatMap(([name, value]) =>
        name in tags && value !== undefined ? [[tags[name], value] as const] : [],
      );
      events.scalars(record.step, Object.fromEntries(scalars));
    },
    appendParameters(step, parameters) {
      events.histograms(
        step,
        Array.from(parameters, ([name, { data }]) => [`parameters/${name}`, data] as const),
      );
    },
  };
}

/**
 * `metrics.jsonl`: one JSON object a line, each with its `step`; those of a whole epoch have a `validation_error`. None where a run
 * ends before there is any. A resumed run first drops what comes after its checkpoint, since it will write that again.
 */
function openLines(path: string, position: Pick<Position, 'step' | 'epoch'>): Pick<Metrics, 'append'> {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  const kept = lines.filter((line) => isWithin(line, position));
  writeFileAtomic(path, [Buffer.from(kept.map((line) => `${line}\n`).join(''))]);
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
