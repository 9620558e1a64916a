import { join } from 'node:path';
import type { Argv } from 'yargs';
import { writeFileAtomic } from '../../io/atomic-file.js';
import { printingCommand } from '../command-module.js';
import { formatCsv } from '../evaluate/csv.js';
import { makeFolder } from '../output-folder.js';
import { labelsOf } from './labels.js';
import { describeTrials } from './table.js';
import { readTrials, rowOf } from './trials.js';

/** For `positional`. */
export const foldersOption = {
  type: 'string',
  array: true,
  demandOption: true,
  describe: 'folders of searches, under way or done',
} as const;

function options(parser: Argv) {
  return parser
    .positional('folder', foldersOption)
    .option('output-dir', {
      type: 'string',
      describe: 'where trials.csv and trials.json go. Default: the first folder',
    })
    .example('$0 search consolidate search', 'one row for each trial, of the highest rung that it has come to')
    .example('$0 search consolidate search-* --output-dir .', 'several searches in one table');
}

export const consolidateCommand = printingCommand(
  'consolidate <folder..>',
  'put the results of searches into one table, CSV and JSON',
  options,
  ({ folder, outputDir = folder[0] }) => {
    const trials = readTrials(folder);
    makeFolder(outputDir);
    const rows = trials.map(rowOf);
    const labels = labelsOf(trials.map(({ configuration }) => configuration));
    const write = (name: string, text: string) => writeFileAtomic(join(outputDir, name), [Buffer.from(text)]);
    write('trials.csv', formatCsv(rows));
    write('trials.json', `${JSON.stringify(rows, null, 1)}\n`);
    const lines = [
      describeTrials(trials, labels),
      '',
      `${join(outputDir, 'trials.csv')}: ${rows.length} trial(s), trials.json beside it`,
    ];
    return { result: rows, lines };
  },
);
