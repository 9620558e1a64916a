import type { Survey } from '../survey/survey.js';
import { packFindings, unpackFindings } from './findings.js';
import type { Measured } from './unit-worker.js';

/** What a rank has measured of a unit, or why it could not be read, as bytes: length of the survey (uint32), survey (JSON), findings. */
export function packMeasured(measured: Measured | string): Uint8Array {
  const isFailure = typeof measured === 'string';
  const text = Buffer.from(isFailure ? 'null' : JSON.stringify(measured.survey));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text, packFindings(isFailure ? measured : measured.findings)]);
}

/** The inverse of `packMeasured`. */
export function unpackMeasured(bytes: Uint8Array): Measured | string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = 4 + buffer.readUInt32LE();
  const findings = unpackFindings(buffer.subarray(end));
  if (typeof findings === 'string') return findings;
  return { findings, survey: JSON.parse(buffer.toString('utf8', 4, end)) as Survey };
}
