import { join } from 'node:path';
import { writeFileAtomic } from '../../io/atomic-file.js';
import { version } from '../../version.js';
import { formatTable } from '../table.js';
import type { ConstraintRow } from './constraints.js';
import { csvRows, formatCsv } from './csv.js';
import type { Row } from './cube.js';
import { evaluationTables, isWhole } from './tables.js';

export interface Evaluation {
  readonly reconstruction: string;
  readonly normalisation: string;
  /** What of the input was evaluated. */
  readonly part: string;
  readonly rows: readonly Row[];
  readonly constraints: readonly ConstraintRow[];
}

/** `evaluation.json` and `evaluation.csv`, each whole or not there. The same for any number of ranks. */
export function writeEvaluation(folder: string, evaluation: Evaluation): void {
  const write = (name: string, text: string) => writeFileAtomic(join(folder, name), [Buffer.from(text)]);
  write('evaluation.json', `${JSON.stringify(documentOf(evaluation), null, 2)}\n`);
  write('evaluation.csv', formatCsv(csvRows(evaluation)));
}

/** What `evaluation.json` and --json say. */
export function documentOf(evaluation: Evaluation) {
  return { swae: version, ...evaluation };
}

/** The tables, and where the files are. */
export function describeEvaluation(evaluation: Evaluation, outputDir: string | undefined): string {
  const { reconstruction, normalisation, part, rows, constraints } = evaluation;
  const lines = [
    `${part}, reconstructed by ${reconstruction}`,
    ...evaluationTables(rows, constraints, normalisation).flatMap((table) => [
      '',
      formatTable(table.heading, table.rows),
    ]),
    ...describeNotFinite(rows),
  ];
  if (outputDir !== undefined)
    lines.push('', `every file, variable and level: ${join(outputDir, 'evaluation.json')}, evaluation.csv beside it`);
  return lines.join('\n');
}

function describeNotFinite(rows: readonly Row[]): string[] {
  const whole = rows.find(isWhole);
  if (!whole) return [];
  const { notFinite, notRestored } = whole.physical;
  if (notFinite === 0 && notRestored === 0) return [];
  return [
    '',
    `${notFinite} values are NaN or infinite; ${notRestored} values are not finite where they should be, or the reverse`,
  ];
}
