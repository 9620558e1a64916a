import { hearSignals } from '../dist/interruption.js';
import { openProgressLine } from '../terminal.js';

/** Progress of long work on stderr: a bar on a terminal, else a plain line now and then; with --quiet nothing. */
export interface Progress {
  /** `done` of the total, and a short remark beside it. */
  update(done: number, remark?: string): void;
  /** So much more is done. */
  advance(by: number): void;
  /** As `advance`, between parts of work that would hear no signal else. */
  pass(by: number): Promise<void>;
  /** Leaves the last state on screen. */
  finish(): void;
}

export interface ProgressOptions {
  label: string;
  total: number;
  /** What is counted, for the rate: "samples", "B" for bytes (shown in MB/s or GB/s). */
  unit: string;
  /** What was done before, by a run that this one goes on with: no part of the rate. Default 0. */
  from?: number;
}

const barWidth = 24;
const redrawMs = 100;
/** Between lines of a log: at first, and at most. */
const plainLineMs = [10_000, 600_000] as const;

export function startProgress({ label, total, unit, from = 0 }: ProgressOptions): Progress {
  const screen = openProgressLine();
  if (!screen) return { update() {}, advance() {}, pass: hearSignals, finish() {} };
  const started = performance.now();
  let shownAt = screen.isRedrawn ? Number.NEGATIVE_INFINITY : started;
  let current = { done: from, remark: '' };
  let shown = current;
  const show = (now: number) => {
    const { done, remark } = current;
    const rate = (done - from) / Math.max(1e-3, (now - started) / 1000);
    const left = rate > 0 ? duration((total - done) / rate) : '?';
    screen.show(`${label} ${bar(done / total)} ${formatRate(rate, unit)}, ${left} left ${remark}`.trimEnd());
    shown = current;
    shownAt = now;
  };
  const update = (done: number, remark = '') => {
    current = { done, remark };
    const now = performance.now();
    if (now - shownAt >= (screen.isRedrawn ? redrawMs : plainLineInterval(now - started))) show(now);
  };
  const advance = (by: number) => update(current.done + by);
  return {
    update,
    advance,
    pass(by) {
      advance(by);
      return hearSignals();
    },
    finish() {
      if (shown !== current) show(performance.now());
      screen.finish();
    },
  };
}

/** The longer the work, the rarer the lines: the log of a day has some two hundred. */
function plainLineInterval(elapsedMs: number): number {
  const [least, most] = plainLineMs;
  return Math.min(most, Math.max(least, elapsedMs / 20));
}

function bar(fraction: number): string {
  const full = Math.round(Math.min(1, fraction) * barWidth);
  return `${'█'.repeat(full)}${'·'.repeat(barWidth - full)} ${String(Math.floor(fraction * 100)).padStart(3)} %`;
}

function formatRate(rate: number, unit: string): string {
  return unit === 'B' ? `${formatBytes(rate)}/s` : `${Math.round(rate).toLocaleString('en')} ${unit}/s`;
}

/** Decimal units, three digits: 1.23 GB. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  // Rounded before the unit is chosen: 999,900 B are 1.00 MB, not 1.00e+3 kB.
  const rounded = Number(bytes.toPrecision(3));
  const step = rounded < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(rounded) / 3));
  return `${step === 0 ? Math.round(bytes) : (bytes / 1000 ** step).toPrecision(3)} ${units[step]}`;
}

/** 1 h 05 min, 2 min 30 s, 12 s. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor(whole / 60) % 60)} min`;
}
