/** Arbitrary contents of a stream. */
import fc from 'fast-check';
import { random } from '../../src/models/random.js';
import { blockForm, type CodedBlock, emptyBlock } from '../../src/transform/block-coder.js';
import { scanOrder, shellsOf } from '../../src/transform/scan-order.js';

export const sizes = [5, 6, 7, 8] as const;
/** Magnitudes that occur are below it. */
const largest = 2 ** 30;
const k = fc.constantFrom(...sizes);
const coefficient = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.integer({ min: 1 - largest, max: largest - 1 }),
  fc.constantFrom(0, 1, 13, 14, 4095, 4096, 4097, 1 - largest, largest - 1),
);

/** `kept` of 1: every coefficient up to the shell is drawn; of 0: none but the first. */
const drawn = fc.record({
  first: coefficient,
  others: fc.array(coefficient, { minLength: 1, maxLength: 12 }),
  kept: fc.constantFrom(0, 0.02, 0.3, 1),
  shells: fc.integer({ min: 0, max: 22 }),
  seed: fc.nat(),
});
type Drawn = typeof drawn extends fc.Arbitrary<infer T> ? T : never;

function coefficientsOf({ first, others, kept, shells, seed }: Drawn, size: number): Int32Array {
  const { degree } = scanOrder(Math.round(Math.cbrt(size)));
  const source = random(seed);
  const coefficients = Int32Array.from(degree, (sum) =>
    sum < shells && source.uniform() < kept ? others[Math.floor(source.uniform() * others.length)] : 0,
  );
  coefficients[0] = first;
  return coefficients;
}

export const coefficientBlocks = fc
  .record({ k, all: fc.array(drawn, { maxLength: 6 }) })
  .map(({ k, all }) => ({ k, blocks: all.map((each) => coefficientsOf(each, k ** 3)) }));

/** Ascending places: none, some, or all. */
function placesOf(share: number, size: number, seed: number): number[] {
  const source = random(seed, 1);
  return Array.from({ length: size }, (_, i) => i).filter(() => source.uniform() < share);
}

const share = fc.constantFrom(0, 0, 0.003, 0.1, 1);
const contents = fc.record({
  form: fc.constantFrom(...Object.values(blockForm), blockForm.coefficients),
  fineness: fc.oneof(fc.nat(20), fc.nat(17_600)),
  coefficients: drawn,
  corrected: share,
  amounts: fc.array(
    coefficient.filter((amount) => amount !== 0),
    { minLength: 1, maxLength: 12 },
  ),
  excepted: share,
});

export const codedBlocks = fc.record({ k, all: fc.array(contents, { maxLength: 6 }) }).map(({ k, all }) => ({
  k,
  blocks: all.map((each): CodedBlock => {
    const block = emptyBlock(k);
    const { seed } = each.coefficients;
    block.form = each.form;
    block.fineness = each.fineness;
    block.coefficients.set(coefficientsOf(each.coefficients, k ** 3));
    block.shells = shellsOf(scanOrder(k), block.coefficients);
    const corrected = placesOf(each.corrected, k ** 3, seed);
    block.corrections.count = corrected.length;
    block.corrections.at.set(corrected);
    block.corrections.amount.set(corrected.map((_, i) => each.amounts[i % each.amounts.length]));
    const excepted = placesOf(each.excepted, k ** 3, seed + 1);
    block.exceptions.count = excepted.length;
    block.exceptions.at.set(excepted);
    return block;
  }),
}));
