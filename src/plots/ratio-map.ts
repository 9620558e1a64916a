import { colours, draw, Plot } from './draw.js';
import { longest } from './powers.js';

/** How many times as good something is, in a row and a column. */
export interface RatioCell {
  readonly row: string;
  readonly column: string;
  readonly ratio: number;
}

const rowPixels = 26;

/** The deeper the colour, the further from 1; full from a hundred times. Rows and columns in the order in which they come first. */
export function drawRatioMap(title: string, cells: readonly RatioCell[]): string {
  const rows = [...new Set(cells.map(({ row }) => row))];
  const depth = ({ ratio }: RatioCell) => 0.12 + 0.5 * Math.min(1, Math.abs(Math.log10(ratio)) / 2);
  return draw(title, {
    width: 820,
    height: 34 + rows.length * rowPixels,
    marginLeft: 20 + 7 * longest(rows),
    marginTop: 30,
    marginBottom: 4,
    marginRight: 36,
    x: {
      type: 'band',
      axis: 'top',
      label: null,
      domain: [...new Set(cells.map(({ column }) => column))],
      padding: 0.04,
      tickSize: 0,
    },
    y: { type: 'band', label: null, domain: rows, padding: 0.08, tickSize: 0 },
    marks: [
      Plot.cell(cells, {
        x: 'column',
        y: 'row',
        rx: 3,
        fill: ({ ratio }: RatioCell) => (ratio > 1 ? colours.green : colours.red),
        fillOpacity: depth,
      }),
      Plot.text(cells, { x: 'column', y: 'row', text: ({ ratio }: RatioCell) => formatRatio(ratio) }),
    ],
    color: { type: 'identity' },
    opacity: { type: 'identity' },
  });
}

/** 12×, 0.45×, 1/230. */
function formatRatio(ratio: number): string {
  if (ratio < 0.01) return `1/${Number((1 / ratio).toPrecision(2)).toLocaleString('en')}`;
  return `${Number(ratio.toPrecision(2))}×`;
}
