import test from 'ava';
import fc from 'fast-check';
import { deal, partition } from '../../src/dist/partition.js';

test('parts are contiguous, cover everything and differ by at most one', (t) => {
  fc.assert(
    fc.property(fc.nat(1000), fc.integer({ min: 1, max: 50 }), (count, parts) => {
      const ranges = Array.from({ length: parts }, (_, index) => partition(count, parts, index));
      t.is(ranges[0]!.start, 0);
      t.is(ranges.at(-1)!.end, count);
      for (const [index, range] of ranges.slice(1).entries()) t.is(range.start, ranges[index]!.end);
      const lengths = ranges.map(({ start, end }) => end - start);
      t.true(Math.max(...lengths) - Math.min(...lengths) <= 1);
    }),
  );
});

test('longer parts come first', (t) => {
  t.deepEqual(
    [0, 1, 2].map((index) => partition(7, 3, index)),
    [
      { start: 0, end: 3 },
      { start: 3, end: 5 },
      { start: 5, end: 7 },
    ],
  );
});

test('units are dealt so that no rank has more than the largest above another', (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1000 })), fc.integer({ min: 1, max: 9 }), (weights, parts) => {
      const owners = deal(weights, parts);
      const sums = new Array<number>(parts).fill(0);
      for (const [unit, weight] of weights.entries()) sums[owners[unit]] += weight;
      return Math.max(...sums) - Math.min(...sums) <= Math.max(0, ...weights);
    }),
  );
  t.deepEqual([...deal([5, 1, 1, 1, 3], 2)], [0, 1, 1, 1, 1]);
});

test('each unit goes to the first of those that have the least', (t) => {
  const share = fc.constantFrom(0, 0.25, 1);
  fc.assert(
    fc.property(fc.array(fc.nat(5)), fc.integer({ min: 1, max: 20 }), share, (weights, parts, firstShare) => {
      const sums = new Array<number>(parts).fill(0);
      const expected = weights.map((weight) => {
        const least = sums.indexOf(Math.min(...sums));
        sums[least] += weight;
        sums[0] += firstShare * weight;
        return least;
      });
      t.deepEqual([...deal(weights, parts, firstShare)], expected);
    }),
  );
});

test('the first rank has fewer units where it has something to do for each', (t) => {
  // Sums after each unit: 1.5 0, 2 1, 2.5 2, 3 3, 4.5 3, 5 4.
  t.deepEqual([...deal([1, 1, 1, 1, 1, 1], 2, 0.5)], [0, 1, 1, 1, 0, 1]);
  t.deepEqual([...deal([1, 1, 1], 1, 0.5)], [0, 0, 0]);
});
