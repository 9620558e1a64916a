import type { Options } from 'yargs';

export const reportOptions = {
  report: {
    type: 'boolean',
    default: true,
    describe: 'write report.html beside the results: tables, plots, provenance; --no-report leaves it out',
  },
  plots: {
    type: 'boolean',
    default: false,
    describe: 'write the plots as SVG files into plots/ too',
  },
} as const satisfies Record<string, Options>;

export interface ReportOptions {
  readonly report: boolean;
  readonly plots: boolean;
}
