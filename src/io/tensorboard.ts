/**
 * Event files of TensorBoard: TFRecords of protocol buffers `Event`. A record is the length of its data (uint64, little-endian), the
 * masked CRC-32C of that, the data, and their masked CRC-32C
 * (https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details). Fields as in tensorboard/compat/proto.
 */
import { mkdirSync, openSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { nameFile, writeWhole } from './atomic-file.js';

const schema = `
syntax = "proto3";
package tensorboard;
message Event { double wall_time = 1; int64 step = 2; oneof what { string file_version = 3; Summary summary = 5; SessionLog session_log = 7; } }
message Summary { message Value { string tag = 1; oneof value { float simple_value = 2; HistogramProto histo = 5; } } repeated Value value = 1; }
message HistogramProto { double min = 1; double max = 2; double num = 3; double sum = 4; double sum_squares = 5; repeated double bucket_limit = 6; repeated double bucket = 7; }
message SessionLog { int32 status = 1; }
`;
const eventType = protobuf.parse(schema).root.lookupType('tensorboard.Event');

/** Of SessionLog.status. */
const started = 1;

export interface EventFile {
  /** Numbers by their tags; "loss/mse" and "loss/swd" come into one group. */
  scalars(step: number, values: Readonly<Record<string, number>>): void;
  /** How the values of each tag are distributed. */
  histograms(step: number, values: Iterable<readonly [tag: string, values: Float32Array]>): void;
}

/**
 * A new event file in a folder, which is made. From `firstStep` on, what other files of the folder have is not shown any more: a run
 * that goes on writes it again. Throws InputError where it cannot be written.
 */
export function createEventFile(folder: string, firstStep: number): EventFile {
  const seconds = Math.floor(Date.now() / 1000);
  // Read in the order of their names.
  const path = join(folder, `events.out.tfevents.${String(seconds).padStart(10, '0')}.${hostname()}.${process.pid}`);
  const file = nameFile(path, () => {
    mkdirSync(folder, { recursive: true });
    return openSync(path, 'a');
  });
  const append = (event: object) => {
    const bytes = eventType.encode(eventType.fromObject({ wallTime: Date.now() / 1000, ...event })).finish();
    nameFile(path, () => writeWhole(file, tfRecord(bytes)));
  };
  append({ fileVersion: 'brain.Event:2' });
  append({ step: firstStep, sessionLog: { status: started } });
  return {
    scalars(step, values) {
      const value = Object.entries(values).map(([tag, simpleValue]) => ({ tag, simpleValue }));
      append({ step, summary: { value } });
    },
    histograms(step, values) {
      const value = Array.from(values, ([tag, numbers]) => ({ tag, histo: histogramOf(numbers) }));
      append({ step, summary: { value } });
    },
  };
}

const bucketCount = 30;

/** In buckets of one width between the least and the largest value; finite ones alone count. */
function histogramOf(values: Float32Array) {
  const finite = values.filter(Number.isFinite);
  let [min, max, sum, sumSquares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (const value of finite) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
    sumSquares += value * value;
  }
  const width = (max - min) / bucketCount || 1;
  const bucket = new Array<number>(bucketCount).fill(0);
  for (const value of finite) bucket[Math.min(bucketCount - 1, Math.floor((value - min) / width))]++;
  const bucketLimit = bucket.map((_, i) => min + (i + 1) * width);
  return { min, max, num: finite.length, sum, sumSquares, bucketLimit, bucket };
}

export function tfRecord(data: Uint8Array): Uint8Array {
  const record = Buffer.alloc(data.length + 16);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedCrc(record.subarray(0, 8)), 8);
  record.set(data, 12);
  record.writeUInt32LE(maskedCrc(data), data.length + 12);
  return record;
}

/** A CRC of data that have CRCs in them would be weak: it is rotated, and a constant added. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** Castagnoli's polynomial, reflected (RFC 3720, appendix B.4). */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ crcTable[(crc ^ byte) & 0xff];
  return (crc ^ 0xffffffff) >>> 0;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  return crc;
});
