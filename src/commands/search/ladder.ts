/**
 * Successive halving (Jamieson and Talwalkar, Non-stochastic best arm identification and hyperparameter optimization, AISTATS 2016): all
 * trials train for a few epochs, the best 1/η of them for η times as many, and so on. A trial is promoted as soon as those
 * that are still under way cannot change that, so nobody waits for the last of a rung (as in ASHA: Li et al., A system for massively
 * parallel hyperparameter tuning, MLSys 2020) and yet the outcome is the same in whatever order trials end.
 */

/** Epochs at which trials stop: first·η^i, and `last` for the best. */
export function rungEpochs(first: number, last: number, reduction: number): number[] {
  const epochs: number[] = [];
  for (let next = first; next < last; next *= reduction) epochs.push(next);
  return [...epochs, last];
}

/**
 * For each rung the trials that are known to take part, best first but for the lowest. `score`: of a trial at the end of a rung, larger
 * is better; undefined while it is under way, −∞ where it has failed, which is never promoted.
 */
export function climb(
  trials: readonly string[],
  rungs: number,
  reduction: number,
  score: (trial: string, rung: number) => number | undefined,
): string[][] {
  const members = [[...trials]];
  /** That the rung will have at most: as many as it has, once all below have ended. */
  let most = trials.length;
  for (let rung = 0; rung + 1 < rungs; rung++) {
    const ended = members[rung].flatMap((trial, order) => {
      const value = score(trial, rung);
      return value === undefined ? [] : [{ trial, order, value }];
    });
    const underWay = most - ended.length;
    const places = Math.max(1, Math.floor(most / reduction));
    const ranked = ended.sort((a, b) => compare(b.value, a.value) || a.order - b.order);
    const certain = ranked
      .slice(0, Math.max(0, places - underWay))
      .filter(({ value }) => value !== Number.NEGATIVE_INFINITY);
    members.push(certain.map(({ trial }) => trial));
    most = underWay === 0 ? certain.length : places;
  }
  return members;
}

/** Infinities are equal to themselves, while their difference is not 0. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
