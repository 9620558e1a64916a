import { join } from 'node:path';
import { writeFileAtomic } from '../../io/atomic-file.js';
import { standalone } from '../../plots/draw.js';
import { makeFolder } from '../output-folder.js';
import type { ReportOptions } from './options.js';
import { formatPage, type Report } from './page.js';

const reportName = 'report.html';
const plotsName = 'plots';

/** Writes `report.html`, and with `plots` each picture as a file of its own; gives lines that say where they are. */
export function writeReport(folder: string, report: Report, { report: wanted, plots }: ReportOptions): string[] {
  const lines: string[] = [];
  if (wanted) {
    const path = join(folder, reportName);
    writeFileAtomic(path, [Buffer.from(formatPage(report))]);
    lines.push(`report         ${path}`);
  }
  if (plots) {
    const pictures = report.sections.flatMap(({ figures = [], folded = [] }) => [...figures, ...folded]);
    makeFolder(join(folder, plotsName));
    for (const { name, svg } of pictures)
      writeFileAtomic(join(folder, plotsName, `${name}.svg`), [Buffer.from(standalone(svg))]);
    lines.push(`plots          ${join(folder, plotsName)}: ${pictures.length} SVG files`);
  }
  return lines;
}
