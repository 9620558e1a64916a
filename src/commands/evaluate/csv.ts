import type { Evaluation } from './report.js';

type CsvRow = Readonly<Record<string, string | number | null | undefined>>;

/** One for each row and scale, and for each constraint and side; a file has one heading, so what a row lacks is empty. */
export function csvRows({ rows, constraints }: Pick<Evaluation, 'rows' | 'constraints'>): CsvRow[] {
  const errors = rows.flatMap(({ file, variable, level, physical, normalised }) =>
    Object.entries({ physical, normalised }).map(([scale, figures]) => ({ file, variable, level, scale, ...figures })),
  );
  const checks = constraints.flatMap(({ file, level, quantity, original, reconstruction }) =>
    Object.entries({ original, reconstruction }).map(([scale, found]) => ({
      file,
      variable: quantity,
      level,
      scale,
      count: found.count,
      rms: found.rms,
      largest: found.largest,
      minimum: found.minimum,
      notPositive: found.violations,
    })),
  );
  return [...errors, ...checks];
}

/** RFC 4180, but for line ends. */
export function formatCsv(rows: readonly CsvRow[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = rows.map((row) => columns.map((column) => csvField(row[column])).join(','));
  return [columns.join(','), ...lines].map((line) => `${line}\n`).join('');
}

function csvField(value: string | number | null | undefined): string {
  const text = String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
