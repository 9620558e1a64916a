/** Numbers that every reader computes for itself: none may hang on the last bit of a library's exp, log or pow. */
import { crc32 } from 'node:zlib';
import test from 'ava';
import { squash, stretch } from '../../src/transform/context-mixer.js';
import { fineScale } from '../../src/transform/reconstruction.js';

/** The distance to the next number halfway between two whole ones. */
const toTie = (value: number) => Math.abs(value - Math.floor(value) - 0.5);
/** float64 functions are off by some 1e-16 of their value, here up to 65536. */
const margin = 1e-6;

test('the tables of the mixer are far from rounding ties', (t) => {
  for (const [i, entry] of squash.entries()) {
    const exact = 65536 / (1 + Math.exp((2047 - i) / 256));
    t.true(toTie(exact) > margin && Math.abs(entry - exact) < 0.5, `squash ${i}`);
  }
  for (const [i, entry] of stretch.entries()) {
    const exact = Math.max(-2047, Math.min(2047, 256 * Math.log((i + 0.5) / (4095.5 - i))));
    t.true(toTie(exact) > margin && Math.abs(entry - exact) < 0.5, `stretch ${i}`);
  }
  t.is(squash.length, 4095);
  t.is(stretch.length, 4096);
});

test('the tables of the mixer have the checksums of docs/record.md', (t) => {
  t.is(crc32(new Uint8Array(squash.buffer)), 0x5e0d0cad);
  t.is(crc32(new Uint8Array(stretch.buffer)), 0x74df510c);
});

test('eighths of an octave are the nearest float64 numbers', (t) => {
  for (let i = 1; i < 8; i++) {
    const scaled = BigInt(fineScale(i) * 2 ** 53);
    // 2^(−i/8) lies between the numbers halfway to the neighbours: both sides to the power 8, times 2^(54·8).
    const exact = 2n ** BigInt(54 * 8 - i);
    t.true((2n * scaled - 1n) ** 8n < exact && exact < (2n * scaled + 1n) ** 8n, `${i}`);
  }
});

test('powers of two are exact, down to the smallest', (t) => {
  const view = new DataView(new ArrayBuffer(8));
  for (let n = 0; n <= 1074; n++) {
    view.setBigUint64(0, n <= 1022 ? BigInt(1023 - n) << 52n : 1n << BigInt(1074 - n));
    t.is(2 ** -n, view.getFloat64(0), `2^−${n}`);
    t.is(fineScale(8 * n), view.getFloat64(0), `2^−${n}`);
  }
  t.is(fineScale(8 * 1075), 0);
});
