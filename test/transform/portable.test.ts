/** What the decoder takes from the language's functions does not depend on their last bit. */
import test from 'ava';
import { fineScale } from '../../src/transform/reconstruction.js';

const distanceFromTie = (value: number) => Math.abs(value - Math.floor(value) - 0.5);

test('no entry of the tables is near a tie', (t) => {
  // exp and log are off by some 1e-16 of these numbers at most: 1e-11.
  for (let d = -2047; d <= 2047; d++) t.true(distanceFromTie(65536 / (1 + Math.exp(-d / 256))) > 1e-6);
  for (let i = 0; i < 4096; i++) t.true(distanceFromTie(256 * Math.log((i + 0.5) / (4095.5 - i))) > 1e-6);
});

test('scales are eighths of an octave, and exact powers of two', (t) => {
  let power = 1;
  for (let n = 0; n <= 1100; n++) {
    t.is(fineScale(8 * n), power);
    power /= 2;
  }
  // The nearest doubles to 2^(−i/8): Python, float(Decimal(2) ** (Decimal(-i) / 8)) with 50 digits.
  const eighths = [0.9170040432046712, 0.8408964152537145, 0.7711054127039704, Math.SQRT1_2, 0.6484197773255048];
  for (const [i, value] of [...eighths, 0.5946035575013605, 0.5452538663326288].entries())
    t.is(fineScale(i + 1), value);
});
