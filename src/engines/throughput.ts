export interface Rounds {
  readonly rounds: number;
  /** A round lasts about so long. */
  readonly roundMs: number;
}

/** Of the best of several rounds, since other work on the machine only ever slows a round down; after a run that warms up. */
export async function itemsPerSecond(
  itemsPerRun: number,
  run: () => Promise<unknown>,
  { rounds, roundMs }: Rounds,
): Promise<number> {
  await run();
  let best = 0;
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    let runs = 0;
    do {
      await run();
      runs++;
    } while (performance.now() - started < roundMs);
    best = Math.max(best, (1000 * runs * itemsPerRun) / (performance.now() - started));
  }
  return best;
}
