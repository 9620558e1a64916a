import { stack, standalone } from '../../plots/draw.js';
import { drawTradeOff, type Tried } from '../../plots/trade-off.js';
import type { Labels } from './labels.js';
import type { MeasuredTrial } from './merits.js';
import { paretoFront } from './pareto.js';

/** Quality by ratio and by speed, an SVG file. */
export function drawTrials(
  trials: readonly MeasuredTrial[],
  front: ReadonlySet<MeasuredTrial>,
  labels: Labels,
): string {
  const kinds = [...new Set(trials.map(({ configuration }) => configuration.arch))];
  const panel = (label: string, xOf: (trial: MeasuredTrial) => number) => {
    const points = trials.map((trial): Tried => {
      const { configuration, psnr, state } = trial;
      return {
        name: `${labels.of(configuration)}: ${psnr.toFixed(1)} dB`,
        kind: configuration.arch,
        x: xOf(trial),
        psnr,
        isBest: front.has(trial),
        isFinished: state === 'finished',
      };
    });
    const best = paretoFront(points, ({ x, psnr }) => [x, psnr]).sort((a, b) => a.x - b.x);
    return drawTradeOff(label, { label, kinds, points, front: best });
  };
  const note =
    'Filled and named: beaten by no other trial in quality, ratio and speed at once. ×: not trained to the end. Dashed: the best here.';
  const picture = stack('Quality, ratio and speed of the trials', [
    { title: 'Quality and ratio', note, svg: panel('compression ratio', ({ measured }) => measured.ratio) },
    { title: 'Quality and speed', svg: panel('speed there and back [GB/s]', ({ speed }) => speed) },
  ]);
  return standalone(picture);
}
