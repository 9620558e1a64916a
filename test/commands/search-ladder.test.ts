import test from 'ava';
import fc from 'fast-check';
import { climb, rungEpochs } from '../../src/commands/search/ladder.js';

test('epochs of the rungs', (t) => {
  t.deepEqual(rungEpochs(3, 27, 3), [3, 9, 27]);
  t.deepEqual(rungEpochs(1, 10, 4), [1, 4, 10]);
  t.deepEqual(rungEpochs(5, 5, 3), [5]);
});

type Scores = readonly (readonly number[])[];

/** Textbook: a rung begins when the one below is over. */
function synchronous(trials: readonly number[], scores: Scores, rungs: number, reduction: number): number[][] {
  const members = [[...trials]];
  while (members.length < rungs) {
    const below = members.at(-1)!;
    const at = members.length - 1;
    const healthy = below.filter((trial) => scores[trial]![at]! > Number.NEGATIVE_INFINITY);
    const best = healthy.sort((a, b) => scores[b]![at]! - scores[a]![at]! || below.indexOf(a) - below.indexOf(b));
    members.push(best.slice(0, Math.max(1, Math.floor(below.length / reduction))));
  }
  return members;
}

/** Some scores are equal, and some trials fail. */
const score = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 6 }) },
  { weight: 1, arbitrary: fc.constant(Number.NEGATIVE_INFINITY) },
);
const search = fc.record({
  scores: fc.array(fc.tuple(score, score, score, score), { minLength: 1, maxLength: 20 }),
  reduction: fc.integer({ min: 2, max: 4 }),
  rungs: fc.integer({ min: 1, max: 4 }),
  order: fc.infiniteStream(fc.nat()),
});

test('in whatever order trials end, nobody is promoted in haste, and in the end those of synchronous halving are', (t) => {
  fc.assert(
    fc.property(search, ({ scores, reduction, rungs, order }) => {
      const names = scores.map((_, i) => String(i));
      const wanted = synchronous([...scores.keys()], scores, rungs, reduction);
      const ended = new Set<string>();
      const look = () =>
        climb(names, rungs, reduction, (trial, rung) =>
          ended.has(`${trial} ${rung}`) ? scores[Number(trial)]![rung] : undefined,
        );
      for (;;) {
        const members = look();
        for (const [rung, trials] of members.entries())
          for (const trial of trials) if (!wanted[rung]!.includes(Number(trial))) return false;
        const open = members.flatMap((trials, rung) => trials.map((trial) => `${trial} ${rung}`));
        const left = open.filter((task) => !ended.has(task));
        if (left.length === 0) break;
        ended.add(left[order.next().value! % left.length]!);
      }
      t.deepEqual(
        look().map((trials) => trials.map(Number)),
        wanted,
      );
      return true;
    }),
    { numRuns: 300, seed: 1 },
  );
  t.pass();
});

test('the first nine of ten are promoted before the last one ends only where it cannot matter', (t) => {
  const names = [...'abcdefghij'];
  const members = climb(names, 2, 2, (trial) => (trial === 'j' ? undefined : names.indexOf(trial)));
  // Five places; should the tenth be better than all, the fifth of the others has none.
  t.deepEqual(members[1], ['i', 'h', 'g', 'f']);
});
