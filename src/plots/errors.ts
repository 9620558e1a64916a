import { colours, draw, Plot } from './draw.js';
import { longest, powerOfTen, wholePowers } from './powers.js';

/** How often errors of a size occur, in intervals that follow each other. */
export interface ErrorBin {
  readonly from: number;
  readonly to: number;
  /** Of all values. */
  readonly share: number;
}

export interface ErrorHistogram {
  readonly name: string;
  readonly bins: readonly ErrorBin[];
  /** Share of the values without any error. */
  readonly exact: number;
}

const rowPixels = 34;
/** Between bars; above and below them it would hide the low ones. */
const gap = { insetLeft: 0.25, insetRight: 0.25 };
/** So much of a histogram's errors, the smallest, does not stretch the axis: where a field vanishes by symmetry, some are of round-off. */
const rare = 0.05;

/** A row for each histogram, over one logarithmic axis. It begins where errors are no longer rare; the largest are always there. */
export function drawErrorHistograms(title: string, axis: string, histograms: readonly ErrorHistogram[]): string {
  const all = histograms.flatMap(({ name, bins: own }) => own.map((bin) => ({ name, ...bin })));
  const powers = wholePowers([
    ...histograms.flatMap(({ bins: own }) => startOf(own)),
    all.reduce((most, { to }) => Math.max(most, to), 0),
  ]);
  const [first] = powers.domain;
  const bins = all.filter(({ to }) => to > first).map((bin) => ({ ...bin, from: Math.max(bin.from, first) }));
  const exact = histograms.filter(({ exact: share }) => share > 0);
  return draw(title, {
    width: 720,
    height: 60 + histograms.length * rowPixels,
    marginLeft: 16 + 8 * longest(histograms.map(({ name }) => name)),
    marginRight: 100,
    marginBottom: 40,
    marginTop: 10,
    x: { type: 'log', label: axis, tickFormat: powerOfTen, ...powers },
    y: { axis: null },
    fy: { axis: null, domain: histograms.map(({ name }) => name), padding: 0.12 },
    marks: [
      Plot.gridX(powers.ticks, { strokeOpacity: 0.12 }),
      Plot.rect(bins, { x1: 'from', x2: 'to', y1: 0, y2: 'share', fy: 'name', fill: colours.blue, ...gap }),
      Plot.ruleY(histograms, { y: 0, fy: 'name', strokeOpacity: 0.4 }),
      Plot.text(histograms, { frameAnchor: 'left', fy: 'name', text: 'name', textAnchor: 'end', dx: -8, dy: 4 }),
      Plot.text(exact, {
        frameAnchor: 'right',
        fy: 'name',
        text: ({ exact: share }: ErrorHistogram) => `${percent(share)} exact`,
        textAnchor: 'start',
        dx: 6,
        dy: 4,
        fillOpacity: 0.75,
      }),
    ],
  });
}

/** Where errors are no longer rare; none without errors. */
function startOf(bins: readonly ErrorBin[]): number[] {
  const total = bins.reduce((sum, { share }) => sum + share, 0);
  let below = 0;
  for (const { from, share } of [...bins].sort((a, b) => a.from - b.from)) {
    below += share;
    if (below > rare * total) return [from];
  }
  return [];
}

/** So many blocks whose range and whose largest error lie in an interval each. */
export interface BlockCell {
  readonly range: readonly [from: number, to: number];
  readonly error: readonly [from: number, to: number];
  readonly blocks: number;
}

/** Largest error of a block by its range; on the line, the error is as large as the range. */
export function drawErrorByRange(
  title: string,
  axes: { readonly range: string; readonly error: string },
  cells: readonly BlockCell[],
): string {
  const ranges = wholePowers(cells.flatMap(({ range }) => range));
  const errors = wholePowers(cells.flatMap(({ error }) => error));
  const ends = [Math.max(ranges.domain[0], errors.domain[0]), Math.min(ranges.domain[1], errors.domain[1])];
  const most = cells.reduce((largest, { blocks }) => Math.max(largest, blocks), 1);
  return draw(title, {
    width: 720,
    height: 440,
    marginLeft: 64,
    marginBottom: 44,
    marginRight: 84,
    x: { type: 'log', label: axes.range, tickFormat: powerOfTen, ...ranges },
    y: { type: 'log', label: axes.error, tickFormat: powerOfTen, ...errors },
    color: { type: 'log', scheme: 'viridis', domain: [1, Math.max(2, most)] },
    marks: [
      Plot.gridX(ranges.ticks, { strokeOpacity: 0.12 }),
      Plot.gridY(errors.ticks, { strokeOpacity: 0.12 }),
      Plot.rect(cells, {
        x1: ({ range }: BlockCell) => range[0],
        x2: ({ range }: BlockCell) => range[1],
        y1: ({ error }: BlockCell) => error[0],
        y2: ({ error }: BlockCell) => error[1],
        fill: 'blocks',
      }),
      ...(ends[0] < ends[1] ? [Plot.line(ends, { x: ends, y: ends, strokeDasharray: '5 4', strokeOpacity: 0.7 })] : []),
      ...countLegend(most),
    ],
  });
}

/** What the colours mean, beside the frame: some counts, each on its colour. */
function countLegend(most: number): Plot.Markish[] {
  const count = Math.min(6, Math.ceil(Math.log10(most)) + 1);
  const steps = Array.from({ length: count }, (_, i) => Math.round(most ** (i / Math.max(1, count - 1))));
  return steps.flatMap((blocks, i) => {
    const place = { frameAnchor: 'top-right', dy: 18 + i * 20 } as const;
    return [
      Plot.dot([blocks], { ...place, dx: 14, symbol: 'square', r: 7, fill: [blocks] }),
      Plot.text([blocks], {
        ...place,
        dx: 28,
        dy: 13 + i * 20,
        text: [blocks.toLocaleString('en')],
        textAnchor: 'start',
      }),
      ...(i === 0
        ? [Plot.text(['blocks'], { frameAnchor: 'top-right', dx: 6, dy: -4, text: ['blocks'], textAnchor: 'start' })]
        : []),
    ];
  });
}

function percent(share: number): string {
  return share > 0 && share < 0.001 ? '<0.1 %' : `${Number((100 * share).toPrecision(2))} %`;
}
