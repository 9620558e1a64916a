import { formatTable } from '../table.js';
import type { Labels } from './labels.js';
import type { MeasuredTrial } from './merits.js';
import { roundNumbers } from './round-numbers.js';

/** A limit, and what stays within it. */
export interface Budget {
  readonly title: string;
  readonly fits: (trial: MeasuredTrial) => boolean;
}

export interface AskedLimits {
  readonly minRatio?: readonly number[] | undefined;
  readonly minSpeed?: readonly number[] | undefined;
  readonly maxParameters?: readonly number[] | undefined;
}

/** By default every ratio that there is, and round numbers of speed and parameters between those that there are. */
export function budgetsOf(trials: readonly MeasuredTrial[], asked: AskedLimits): Budget[] {
  const ratios = [...new Set(trials.map(({ measured }) => Math.floor(10 * measured.ratio) / 10))];
  const { minRatio = ratios.sort((a, b) => a - b) } = asked;
  const { minSpeed = roundNumbers(trials.map(({ speed }) => speed)) } = asked;
  const { maxParameters = roundNumbers(trials.map(({ measured }) => measured.parameters)) } = asked;
  return [
    ...minRatio.map((limit) => ({
      title: `ratio ≥ ${limit}`,
      fits: ({ measured }: MeasuredTrial) => measured.ratio >= limit,
    })),
    ...minSpeed.map((limit) => ({
      title: `there and back ≥ ${limit} GB/s`,
      fits: ({ speed }: MeasuredTrial) => speed >= limit,
    })),
    ...maxParameters.map((limit) => ({
      title: `parameters ≤ ${limit.toLocaleString('en')}`,
      fits: ({ measured }: MeasuredTrial) => measured.parameters <= limit,
    })),
  ];
}

/** The best quality within; undefined where nothing is. */
export function bestWithin({ fits }: Budget, trials: readonly MeasuredTrial[]): MeasuredTrial | undefined {
  return trials.filter(fits).reduce<MeasuredTrial | undefined>((a, b) => (a && a.psnr >= b.psnr ? a : b), undefined);
}

export function describeBudgets(budgets: readonly Budget[], trials: readonly MeasuredTrial[], labels: Labels): string {
  const rows = budgets.map((budget) => {
    const best = bestWithin(budget, trials);
    if (!best) return [budget.title, '–', '–', '–'];
    return [budget.title, labels.of(best.configuration), best.state, best.psnr.toFixed(2)];
  });
  return formatTable(['within', 'the best model', 'state', 'PSNR/dB'], rows);
}
