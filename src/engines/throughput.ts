import type { Device } from './onnx/device.js';

export interface Rounds {
  readonly rounds: number;
  /** A round lasts about so long. */
  readonly roundMs: number;
}

/** Something whose speed is measured. */
export interface Subject {
  /** Runs over and over for about so long, once at least; gives items per second. */
  round(milliseconds: number): Promise<number>;
}

/** Milliseconds since some moment. */
export type Clock = () => number;

const wallClock: Clock = () => performance.now();

const processorClock: Clock = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Where one thread of the processor works, its time there: other work on the machine disturbs it less than the time of day. */
export function clockFor(threads: number, device: Pick<Device, 'kind'> = { kind: 'cpu' }): Clock {
  return threads === 1 && device.kind === 'cpu' ? processorClock : wallClock;
}

/** `run` does `items`. */
export function subject(items: number, run: () => Promise<unknown>, clock: Clock = wallClock): Subject {
  return {
    async round(milliseconds) {
      const started = clock();
      let runs = 0;
      do {
        await run();
        runs++;
      } while (clock() - started < milliseconds);
      return (1000 * runs * items) / (clock() - started);
    },
  };
}

/**
 * The rates of each subject in each round. They take turns, so that the machine's clock and other work meet all of them alike;
 * a first round, which warms up, does not count.
 */
export async function measureInTurn(subjects: readonly Subject[], { rounds, roundMs }: Rounds): Promise<number[][]> {
  const rates = subjects.map((): number[] => []);
  for (let round = 0; round <= rounds; round++)
    for (const [i, subject] of subjects.entries()) {
      const rate = await subject.round(roundMs);
      if (round > 0) rates[i].push(rate);
    }
  return rates;
}

/** Of the best of several rounds, since other work on the machine only ever slows a round down. */
export async function itemsPerSecond(
  itemsPerRun: number,
  run: () => Promise<unknown>,
  rounds: Rounds,
  clock: Clock,
): Promise<number> {
  const [rates] = await measureInTurn([subject(itemsPerRun, run, clock)], rounds);
  return Math.max(...rates);
}

/** The middle one, or the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2;
}

/** Of the ratios round by round. */
export function medianRatio(rates: readonly number[], others: readonly number[]): number {
  return median(rates.map((rate, round) => rate / others[round]));
}
