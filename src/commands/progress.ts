/** Progress of long work on stderr: a bar on a terminal, else a plain line now and then. */
export interface Progress {
  /** `done` of the total, and a short remark beside it. */
  update(done: number, remark?: string): void;
  /** Leaves the last state on screen. */
  finish(): void;
}

export interface ProgressOptions {
  label: string;
  total: number;
  /** What is counted, for the rate: "samples", "B" for bytes (shown in MB/s or GB/s). */
  unit: string;
  /** Only one rank speaks. */
  silent?: boolean;
}

const barWidth = 24;
const redrawMs = 100;
const plainLineMs = 10_000;

export function startProgress({ label, total, unit, silent = false }: ProgressOptions): Progress {
  if (silent) return { update() {}, finish() {} };
  const terminal = process.stderr.isTTY === true;
  const started = performance.now();
  let origin: number | undefined;
  let shown = 0;
  let last = '';
  const show = () => process.stderr.write(terminal ? `\r\x1b[K${last}` : `${last}\n`);
  return {
    update(done, remark = '') {
      origin ??= done;
      const now = performance.now();
      if (now - shown < (terminal ? redrawMs : plainLineMs) && done < total) return;
      const rate = (done - origin) / Math.max(1e-3, (now - started) / 1000);
      const left = rate > 0 ? duration((total - done) / rate) : '?';
      last = `${label} ${bar(done / total)} ${formatRate(rate, unit)}, ${left} left ${remark}`.trimEnd();
      shown = now;
      show();
    },
    finish() {
      if (terminal && last) process.stderr.write('\n');
    },
  };
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
  const step = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
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
