import test from 'ava';
import { type AdamArrays, adamUpdate, arraysInPlace } from '../../src/models/adam-kernel.js';
import { random } from '../../src/models/random.js';

const rates = { stepSize: 0.01, floor: 1e-8, firstRate: 0.1, secondRate: 0.001, kept: 0.999 };
const names = ['parameters', 'gradients', 'first', 'second'] as const;

/** The arrays, each with as much before and behind what is updated, filled alike. */
function filled(arrays: readonly Float32Array[]): Record<keyof AdamArrays, Float32Array> {
  const source = random(1, 2);
  // Second moments are squares.
  for (const array of arrays) for (let i = 0; i < array.length; i++) array[i] = source.normal() ** 2;
  return Object.fromEntries(names.map((name, i) => [name, arrays[i]])) as Record<keyof AdamArrays, Float32Array>;
}

for (const count of [0, 1, 3, 4, 7, 8195, 20_001])
  for (const around of [0, 1, 4])
    test(`${count} values with ${around} around: in place as by copies, bit for bit, and the others are left alone`, (t) => {
      const lengths = names.map(() => count + 2 * around);
      const part = (array: Float32Array) => array.subarray(around, around + count);
      const updated = [arraysInPlace(lengths), lengths.map((length) => new Float32Array(length))].map((memory) => {
        const arrays = filled(memory);
        const { parameters, gradients, first, second } = arrays;
        adamUpdate(
          { parameters: part(parameters), gradients: part(gradients), first: part(first), second: part(second) },
          rates,
        );
        return arrays;
      });
      const before = filled(lengths.map((length) => new Float32Array(length)));
      for (const name of names) {
        t.deepEqual(updated[0][name], updated[1][name], name);
        t.deepEqual(updated[0][name].subarray(0, around), before[name].subarray(0, around), `${name} before`);
        t.deepEqual(updated[0][name].subarray(around + count), before[name].subarray(around + count), `${name} behind`);
      }
      t.deepEqual(updated[0].gradients, before.gradients);
      if (count > 0) t.notDeepEqual(updated[0].parameters, before.parameters);
    });

test('arrays in place are zeros of the lengths asked for', (t) => {
  t.deepEqual(arraysInPlace([3, 0, 5]), [new Float32Array(3), new Float32Array(0), new Float32Array(5)]);
});
