import { colours, draw, Plot } from './draw.js';
import { labelPixels, placeNames, withRoom } from './name-column.js';

/** What a variable, or all of them, takes and keeps. */
export interface RatePoint {
  readonly name: string;
  readonly bitsPerValue: number;
  /** In dB. */
  readonly psnr: number;
}

const inset = { top: 20, bottom: 40 };

/** PSNR by the bits of a value: the further to the upper left, the better. Names stand in a column, each joined to its point. */
export function drawRateDistortion(title: string, points: readonly RatePoint[]): string {
  const height = Math.max(360, points.length * labelPixels + inset.top + inset.bottom + 20);
  const most = Math.max(...points.map(({ bitsPerValue }) => bitsPerValue)) * 1.12;
  const domain = withRoom(
    points.map(({ psnr }) => psnr),
    5,
  );
  const labels = placeNames(points, ({ psnr }) => psnr, domain, height - inset.top - inset.bottom);
  return draw(title, {
    width: 720,
    height,
    marginLeft: 52,
    marginRight: 130,
    marginTop: inset.top,
    marginBottom: inset.bottom,
    x: { label: 'bits per value', domain: [0, most] },
    y: { label: 'PSNR [dB]', domain },
    marks: [
      Plot.gridX({ strokeOpacity: 0.12 }),
      Plot.gridY({ strokeOpacity: 0.12 }),
      Plot.link(labels, { x1: 'bitsPerValue', y1: 'psnr', x2: () => most, y2: 'labelAt', strokeOpacity: 0.25 }),
      Plot.dot(points, { x: 'bitsPerValue', y: 'psnr', r: 4, fill: colours.blue }),
      Plot.text(labels, { x: () => most, y: 'labelAt', text: 'name', dx: 6, textAnchor: 'start' }),
    ],
  });
}
