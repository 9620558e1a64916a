import { colours, draw, Plot } from './draw.js';
import { labelPixels, placeNames, withRoom } from './name-column.js';
import { longest } from './powers.js';

/** A network that has been tried. */
export interface Tried {
  readonly name: string;
  /** Has a colour. */
  readonly kind: string;
  readonly x: number;
  /** In dB. */
  readonly psnr: number;
  /** Named, and filled. */
  readonly isBest: boolean;
  /** A cross where it was not trained to the end. */
  readonly isFinished: boolean;
}

export interface TradeOff {
  /** Of the axis. */
  readonly label: string;
  /** All that have a colour, also those that this picture has no point of. */
  readonly kinds: readonly string[];
  readonly points: readonly Tried[];
  /** Those that none beats in both, from the least x to the largest: steps join them. */
  readonly front: readonly Tried[];
}

const palette = [colours.green, colours.blue, colours.orange, colours.pink, colours.grey];
const inset = { left: 52, top: 24, bottom: 40 };
const plotWidth = 520;
const kindPixels = 64;

/** PSNR by something else that is good if large, on a logarithmic axis: the further to the upper right, the better. */
export function drawTradeOff(title: string, { label, kinds, points, front }: TradeOff): string {
  const best = points.filter(({ isBest }) => isBest);
  const height = Math.max(340, best.length * labelPixels + inset.top + inset.bottom + 20);
  const y = withRoom(
    points.map(({ psnr }) => psnr),
    0.5,
  );
  const xs = points.map(({ x }) => x);
  const x: [number, number] = [Math.min(...xs) / 1.15, Math.max(...xs) * 1.15];
  const names = placeNames(best, ({ psnr }) => psnr, y, height - inset.top - inset.bottom);
  const named = 24 + 7 * longest(best.map(({ name }) => name));
  return draw(title, {
    width: inset.left + plotWidth + named,
    height,
    marginLeft: inset.left,
    marginRight: named,
    marginTop: inset.top,
    marginBottom: inset.bottom,
    x: {
      type: 'log',
      label,
      labelAnchor: 'center',
      domain: x,
      ticks: 5,
      tickFormat: (value: number) => String(Number(value.toPrecision(2))),
    },
    y: { label: 'PSNR [dB]', domain: y },
    color: { domain: kinds, range: palette },
    marks: [
      Plot.gridX({ ticks: 5, strokeOpacity: 0.12 }),
      Plot.gridY({ strokeOpacity: 0.12 }),
      Plot.line(front, {
        x: 'x',
        y: 'psnr',
        curve: 'step-before',
        strokeOpacity: 0.45,
        strokeDasharray: '4 3',
      }),
      Plot.link(names, { x1: 'x', y1: 'psnr', x2: () => x[1], y2: 'labelAt', strokeOpacity: 0.25 }),
      Plot.dot(points, {
        filter: ({ isFinished }: Tried) => isFinished,
        x: 'x',
        y: 'psnr',
        r: 4.5,
        stroke: 'kind',
        fill: 'kind',
        fillOpacity: ({ isBest }: Tried) => (isBest ? 0.9 : 0),
        title: 'name',
      }),
      Plot.dot(points, {
        filter: ({ isFinished }: Tried) => !isFinished,
        x: 'x',
        y: 'psnr',
        r: 4,
        symbol: 'times',
        stroke: 'kind',
        strokeWidth: 1.6,
        title: 'name',
      }),
      // Above the frame, side by side.
      ...kinds.map((kind, i) =>
        Plot.text([kind], {
          frameAnchor: 'top-right',
          text: [kind],
          fill: [kind],
          dx: kindPixels * (i + 1 - kinds.length),
          dy: -14,
        }),
      ),
      Plot.text(names, { x: () => x[1], y: 'labelAt', text: 'name', fill: 'kind', dx: 6, textAnchor: 'start' }),
    ],
  });
}
