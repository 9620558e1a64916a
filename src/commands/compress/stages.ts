/** What the time of a compression goes to, in order. `gather`: packing, sending and waiting for other ranks. */
export const stageNames = ['read', 'encode', 'decode', 'measure', 'gather', 'write'] as const;
export type Stage = (typeof stageNames)[number];

/** Seconds by stage. */
export type StageSeconds = Readonly<Record<Stage, number>>;

/** Splits the time of a rank among stages, without gaps: what passes belongs to the stage that ends it. */
export class StageClock {
  /** In the order of `stageNames`. */
  readonly seconds = new Float64Array(stageNames.length);
  #last = performance.now();

  /** Ends a stage that began when the one before ended. */
  lap(stage: Stage): void {
    const now = performance.now();
    this.seconds[stageNames.indexOf(stage)] += (now - this.#last) / 1000;
    this.#last = now;
  }
}

export function secondsByStage(seconds: Float64Array): StageSeconds {
  return Object.fromEntries(stageNames.map((stage, i) => [stage, seconds[i]])) as Record<Stage, number>;
}
