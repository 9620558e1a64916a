/**
 * Which process works on a trial. Each attempt at one is a file of its own, `attempt-N.json`, made once (`createFileAtomic`) and written by
 * its owner alone, so that no two processes ever have the same attempt, on whatever nodes. The owner renews it every few seconds; an attempt
 * that has ended, or whose owner is dead, may be followed by the next number.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createFileAtomic, writeFileAtomic } from '../../io/atomic-file.js';

export type Ending = 'done' | 'interrupted' | 'needless';

interface Attempt {
  readonly owner: { readonly place: string; readonly pids: readonly number[] };
  /** Renewals so far. */
  readonly beat: number;
  /** Seconds since it began. */
  readonly seconds: number;
  readonly ended?: Ending;
}

/** Owners are told apart by process numbers, which mean something on one node, in one container. */
const here = `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
const beatsPerLife = 6;

export class Claims {
  readonly #staleSeconds: number;
  readonly #nowMs: () => number;
  /** When an attempt was first seen as it is, by the clock of this process: others' clocks may differ. */
  readonly #seen = new Map<string, { beat: number; sinceMs: number }>();

  constructor(staleSeconds: number, nowMs = () => performance.now()) {
    this.#staleSeconds = staleSeconds;
    this.#nowMs = nowMs;
  }

  /** The next attempt at the trial of a folder; undefined where another process has it. */
  take(folder: string): Claim | undefined {
    const last = attemptsOf(folder).at(-1);
    if (last !== undefined && !this.#isOver(join(folder, last))) return undefined;
    const number = last === undefined ? 0 : numberOf(last) + 1;
    const claim = new Claim(folder, number, this.#staleSeconds);
    return claim.create() ? claim : undefined;
  }

  #isOver(path: string): boolean {
    const { owner, beat, ended } = readAttempt(path);
    if (ended !== undefined) return true;
    if (owner.place === here && !owner.pids.some(isAlive)) return true;
    const now = this.#nowMs();
    const seen = this.#seen.get(path);
    if (seen?.beat === beat) return now - seen.sinceMs > this.#staleSeconds * 1000;
    this.#seen.set(path, { beat, sinceMs: now });
    return false;
  }
}

export class Claim {
  readonly #folder: string;
  readonly #number: number;
  readonly #staleSeconds: number;
  readonly #startedMs = performance.now();
  #pids: readonly number[] = [process.pid];
  #timer: NodeJS.Timeout | undefined;
  #beat = 0;
  #renewedMs = performance.now();

  constructor(folder: string, number: number, staleSeconds: number) {
    this.#folder = folder;
    this.#number = number;
    this.#staleSeconds = staleSeconds;
  }

  create(): boolean {
    return createFileAtomic(this.#path(), [this.#content()]);
  }

  /** Renews it until it is ended or lost. `pids`: without any of these processes nobody works on the trial. */
  keep(pids: readonly number[], onLost: () => void): void {
    this.#pids = [process.pid, ...pids];
    const renewOrLeave = () => {
      if (!this.#isLost()) return this.#renew();
      clearInterval(this.#timer);
      onLost();
    };
    this.#timer = setInterval(renewOrLeave, (1000 * this.#staleSeconds) / beatsPerLife);
    this.#renew();
  }

  end(ended: Ending): void {
    clearInterval(this.#timer);
    writeFileAtomic(this.#path(), [this.#content(ended)]);
  }

  /** That all attempts at the trial have taken; those that were cut short count to their last renewal. */
  secondsSpent(): number {
    const earlier = attemptsOf(this.#folder).filter((name) => numberOf(name) < this.#number);
    const before = earlier.map((name) => readAttempt(join(this.#folder, name)).seconds);
    return before.reduce((sum, seconds) => sum + seconds, this.#seconds());
  }

  #seconds(): number {
    return (performance.now() - this.#startedMs) / 1000;
  }

  /** Whether another process may have taken this one's owner for dead: it was held up for too long. */
  #isLost(): boolean {
    const isLate = performance.now() - this.#renewedMs > (1000 * this.#staleSeconds) / 2;
    return isLate || numberOf(attemptsOf(this.#folder).at(-1)!) > this.#number;
  }

  #renew(): void {
    this.#beat += 1;
    this.#renewedMs = performance.now();
    writeFileAtomic(this.#path(), [this.#content()]);
  }

  #content(ended?: Ending): Buffer {
    const owner = { place: here, pids: this.#pids };
    const attempt: Attempt = { owner, beat: this.#beat, seconds: this.#seconds(), ended };
    return Buffer.from(`${JSON.stringify(attempt)}\n`);
  }

  #path(): string {
    return join(this.#folder, `attempt-${String(this.#number).padStart(3, '0')}.json`);
  }
}

function readAttempt(path: string): Attempt {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function attemptsOf(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /^attempt-\d+\.json$/.test(name))
    .sort((a, b) => numberOf(a) - numberOf(b));
}

function numberOf(name: string): number {
  return Number(/\d+/.exec(name)![0]);
}

/** A dead process that nobody has reaped, as in a container without an init, has its number still. */
function isAlive(pid: number): boolean {
  try {
    const [, state] = /\) (\w) /.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? [];
    return state !== 'Z' && state !== 'X';
  } catch {
    return false;
  }
}
