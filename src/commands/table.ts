import { bold } from '../terminal.js';

export interface Table {
  /** What it is of, where that is not said beside it. */
  readonly caption?: string;
  readonly heading: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Text in columns: the first to the left, the others to the right; a rule under the heading. */
export function formatTable(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heading.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ');
  return [bold(line(heading)), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}
