import test from 'ava';
import { createAssignment } from '../../src/models/assignment.js';
import { random } from '../../src/models/random.js';

const rows = 3;

/** By a comparison sort, which is stable. */
function assign(numbers: readonly number[], targets: Float32Array): number[] {
  const descending = numbers.map((_, i) => i).sort((a, b) => numbers[b] - numbers[a]);
  const assigned = new Array<number>(numbers.length);
  for (const [rank, i] of descending.entries()) assigned[i] = targets[rank];
  return assigned;
}

for (const count of [1, 2, 3, 255, 256, 257, 5000])
  test(`each of ${count} numbers gets the target of its rank`, (t) => {
    const source = random(count);
    const targets = Float32Array.from({ length: count }, () => source.normal()).sort();
    const assignment = createAssignment(rows, targets);
    for (const draw of [
      () => source.normal(),
      // Equal ones in plenty.
      () => Math.round(2 * source.normal()) + 0,
      // (+ 0: no −0, which comes after 0.) All bytes of a float differ: exponents from those of subnormal numbers on.
      () => Math.fround(source.normal() * 10 ** (80 * source.uniform() - 44)) + 0,
    ]) {
      for (let i = 0; i < rows * count; i++) assignment.numbers[i] = draw();
      const before = [...assignment.numbers];
      assignment.run();
      for (let row = 0; row < rows; row++) {
        const own = [row * count, (row + 1) * count] as const;
        t.deepEqual([...assignment.assigned.slice(...own)], assign(before.slice(...own), targets));
      }
      t.deepEqual([...assignment.numbers], before);
    }
  });

test('infinities are the first and the last', (t) => {
  const assignment = createAssignment(1, Float32Array.of(4, 3, 2, 1));
  assignment.numbers.set([0, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, -1]);
  assignment.run();
  t.deepEqual([...assignment.assigned], [3, 1, 4, 2]);
});
