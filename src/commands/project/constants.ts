import { readFileSync } from 'node:fs';
import { asInputError, InputError, UsageError } from '../../errors.js';
import type { Architecture } from '../../models/architectures.js';
import { parameterLayout } from '../../models/parameters.js';
import { resolveArchitecture } from '../architecture-options.js';
import { fitLine } from '../bench/mpi/fit.js';
import type { AloneStep } from '../bench/scaling/constants.js';
import { transferSeconds } from '../bench/scaling/predict.js';
import type { ScalingReport } from '../bench/scaling/report.js';
import type { WholeBatch } from '../bench/scaling/whole-batch.js';
import { parsePair } from './amounts.js';
import { type CompressionConstants, storedPerByte } from './compression.js';
import { exchangesOf } from './exchanges.js';
import type { Origin } from './network.js';
import type { ProjectOptions } from './options.js';
import type { TrainingConstants } from './training.js';

/** A figure that others follow from, and how it is known. */
export interface Known {
  readonly name: string;
  readonly value: string;
  readonly origin: Origin;
}

export interface Constants {
  readonly architecture: Architecture;
  /** Blocks of a step: of all ranks (strong), of each (weak). */
  readonly batchSize: number;
  readonly training: TrainingConstants;
  readonly compression: CompressionConstants;
  /** With --no-reconstruct. */
  readonly archived: CompressionConstants;
  readonly known: readonly Known[];
}

/** Of `swae train`. */
const projections = 50;
/** µs to draw and to sort a block, as on a core of an AMD EPYC. */
const commonWholeBatch = '1,0.25';

/** Throws InputError where the file is not what `swae bench scaling` writes. */
export function readScaling(path: string): ScalingReport {
  let report: Partial<ScalingReport>;
  try {
    report = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw asInputError(error, path) ?? new InputError(`file "${path}": no JSON`, { cause: error, hint });
  }
  const needed = ['machine', 'architecture', 'networks', 'alone', 'wholeBatch', 'compression'] as const;
  for (const name of needed)
    if (typeof report?.[name] !== (name === 'architecture' ? 'string' : 'object'))
      throw new InputError(`file "${path}": expected the scaling.json of swae bench scaling, it has no "${name}"`, {
        hint,
      });
  return report as ScalingReport;
}

const hint = '`swae bench scaling --output-dir DIR` of this version writes DIR/scaling.json.';

/** From what was measured, where there is a report, and what is given in its place. Throws UsageError where a rate is known from neither. */
export function resolveConstants(asked: ProjectOptions, report: ScalingReport | undefined): Constants {
  const architecture = resolveArchitecture(
    report ? { arch: report.architecture, blockSize: report.blockSize, latentSize: report.latentSize } : asked,
  );
  const batchSize = asked.batchSize ?? report?.batchSize ?? 512;
  const steps = stepsOf(asked, report, batchSize);
  const whole = wholeBatchOf(asked, report);
  const compression = compressionOf(asked, report, architecture, asked.reconstruct);
  const gradientBytes = Float32Array.BYTES_PER_ELEMENT * parameterLayout(architecture).trainedLength;
  return {
    architecture,
    batchSize,
    training: { gradientBytes, exchanges: exchangesOf(architecture), projections, ...steps, ...whole },
    compression,
    archived: compressionOf(asked, report, architecture, false),
    known: [...steps.known, ...whole.known, ...compression.known],
  };
}

interface Steps extends Pick<TrainingConstants, 'alone'> {
  readonly known: readonly Known[];
}

function stepsOf({ trainRate }: ProjectOptions, report: ScalingReport | undefined, batchSize: number): Steps {
  const name = `training, a rank alone on ${batchSize} blocks`;
  const show = (seconds: number) => `${Math.round(batchSize / seconds).toLocaleString('en')} blocks/s`;
  if (trainRate !== undefined) {
    const alone = (rows: number) => rows / trainRate;
    return { alone, known: [{ name, value: show(alone(batchSize)), origin: 'given' }] };
  }
  if (!report) throw missing('train-rate');
  const alone = (rows: number) => aloneSeconds(report.alone, rows);
  const origin = report.alone.some(({ rows }) => rows === batchSize) ? 'measured' : 'fitted';
  return { alone, known: [{ name, value: show(alone(batchSize)), origin }] };
}

/** As measured; of another number of blocks by a line through all that were: what a step takes of any batch, and each block. */
export function aloneSeconds(measured: readonly AloneStep[], rows: number): number {
  const same = measured.find((step) => step.rows === rows);
  if (same) return same.seconds;
  const line = fitLine(measured.map((step) => ({ bytes: step.rows, microseconds: 1e6 * step.seconds })));
  return line ? transferSeconds(line, 1, rows) : (rows * measured[0].seconds) / measured[0].rows;
}

function wholeBatchOf(
  { wholeBatch }: ProjectOptions,
  report: ScalingReport | undefined,
): { wholeBatch: WholeBatch; known: Known[] } {
  const [draw, sort] = parsePair('whole-batch', wholeBatch ?? commonWholeBatch).map(
    (microseconds) => 1e-6 * microseconds,
  );
  const isMeasured = wholeBatch === undefined && report !== undefined;
  const used = isMeasured ? report.wholeBatch : { draw, sort };
  const value = [used.draw, used.sort].map((seconds) => `${(1e6 * seconds).toPrecision(3)} µs`).join(', ');
  const origin = wholeBatch === undefined ? (report ? 'measured' : 'assumed') : 'given';
  return { wholeBatch: used, known: [{ name: 'to draw, to sort a block of the whole batch', value, origin }] };
}

function compressionOf(
  { compressRate, writerRate, ratio }: ProjectOptions,
  report: ScalingReport | undefined,
  { blockSize, latentSize }: Architecture,
  reconstruct: boolean,
): CompressionConstants & { known: Known[] } {
  const measured = report?.compression[reconstruct ? 'reconstructed' : 'archived'];
  // Latents, minimum and range of float32 blocks.
  const encodedPerByte =
    ratio === undefined ? (measured?.encodedPerByte ?? (latentSize + 2) / blockSize ** 3) : 1 / ratio;
  const stored = storedPerByte({ encodedPerByte, reconstruct });
  const workPerByte = compressRate === undefined ? measured?.workPerByte : 1e-9 / compressRate;
  const writePerByte = writerRate === undefined ? measured?.writePerByte : (1e-9 * stored) / writerRate;
  if (workPerByte === undefined) throw missing('compress-rate');
  if (writePerByte === undefined) throw missing('writer-rate');
  const known: Known[] = [
    { name: 'compression, a rank', value: rate(1 / workPerByte), origin: originOf(compressRate) },
    { name: 'a writing rank, of bytes written', value: rate(stored / writePerByte), origin: originOf(writerRate) },
    {
      name: 'ratio of the encoded part',
      value: (1 / encodedPerByte).toFixed(1),
      origin: ratio === undefined && !measured ? 'assumed' : originOf(ratio),
    },
  ];
  return { workPerByte, writePerByte, encodedPerByte, reconstruct, known };
}

function originOf(given: number | undefined): Origin {
  return given === undefined ? 'measured' : 'given';
}

/** GB/s, three digits. */
export function rate(bytesPerSecond: number): string {
  return `${Number((bytesPerSecond / 1e9).toPrecision(3))} GB/s`;
}

function missing(option: string): UsageError {
  return new UsageError(`project needs --from scaling.json (of swae bench scaling), or --${option}`);
}
