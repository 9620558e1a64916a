/** Records of real variables: a binary black hole. */
import test from 'ava';
import { decode } from '../../src/transform/decode.js';
import { type Accuracy, encode } from '../../src/transform/encode.js';
import { stepFor } from '../../src/transform/step-search.js';
import { type SampleVariable, sampleNames, sampleVariables } from './sample-variables.js';

function throughRecord({ values, k }: SampleVariable, accuracy: Accuracy) {
  const decoded = values.slice();
  const record = encode(values, k, accuracy);
  decode(record, k, decoded.fill(0));
  let [largest, squares] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const difference = Math.abs(values[i] - decoded[i]);
    largest = Math.max(largest, difference);
    squares += difference ** 2;
  }
  return { bytes: record.length, largest, meanSquare: squares / values.length };
}

/** How many times smaller the records of all variables are within a thousandth of each variable's range; less a tenth, for other data and changes. */
const ratios: Record<(typeof sampleNames)[number], number> = {
  bssn_q1_step000040_small: 83.8,
  bssn_q1_step000160_small: 75.6,
};

for (const name of sampleNames)
  test(`${name}: within a thousandth of the range, and as small as ever`, (t) => {
    let [before, after] = [0, 0];
    for (const variable of sampleVariables(name)) {
      const bound = 1e-3 * variable.range;
      const { bytes, largest } = throughRecord(variable, { kind: 'bound', bound });
      t.true(largest <= bound, `${variable.path}: ${largest}, ${bound} is allowed`);
      before += variable.values.byteLength;
      after += bytes;
    }
    t.true(before / after > 0.9 * ratios[name], `${before / after}`);
  });

test('a step for a PSNR comes close to it', (t) => {
  for (const variable of sampleVariables(sampleNames[1]).slice(0, 12))
    for (const wanted of [40, 60, 80, 100]) {
      const step = stepFor(variable.values, variable.k, variable.range / 10 ** (wanted / 20));
      const { meanSquare } = throughRecord(variable, { kind: 'step', step });
      const psnr = 20 * Math.log10(variable.range) - 10 * Math.log10(meanSquare);
      // The step is estimated from all 240 blocks, but for the rounding of decoded values to float32, some 140 dB below the range.
      t.true(psnr > wanted - 0.05 && psnr < wanted + 0.1, `${variable.path}: ${psnr} dB for ${wanted}`);
    }
});
