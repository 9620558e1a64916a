import { draw, endLabels, Plot } from './draw.js';

/** A slice [k, k] of a block, row by row from the bottom, in one scale. */
export interface SlicePair {
  /** What the scale is called, e.g. "physical". */
  readonly scale: string;
  readonly original: ArrayLike<number>;
  readonly reconstruction: ArrayLike<number>;
  /** reconstruction − original, as precise as it is known. */
  readonly error: ArrayLike<number>;
}

interface Rect {
  readonly panel: string;
  readonly scale: string;
  readonly x1: number;
  readonly x2: number;
  readonly y1: number;
  readonly y2: number;
  readonly fill: string;
}

interface Label {
  readonly panel: string;
  readonly scale: string;
  readonly y: number;
  readonly text: string;
}

const panels = ['original', 'reconstruction', 'error'] as const;
/** As in src/page/colours.ts: in neither scale. */
const notFinite = '#ff00ff';
const barSteps = 32;
const panelPixels = 150;
const barPixels = 100;

/** A row for each scale: original and reconstruction in the same colours, and the error in colours that are white at 0. */
export function drawSlices(title: string, k: number, pairs: readonly SlicePair[]): string {
  const parts = pairs.flatMap((pair) => panels.map((panel) => drawPanel(panel, pair, k)));
  const rects = parts.flatMap((part) => part.rects);
  const labels = parts.flatMap((part) => part.labels);
  const barEnd = k * (1 + barPixels / panelPixels);
  return draw(title, {
    width: 52 + panels.length * (panelPixels + barPixels + 8),
    height: 34 + pairs.length * (panelPixels + 14),
    marginLeft: 34,
    marginRight: 16,
    marginTop: 30,
    marginBottom: 4,
    x: { axis: null, domain: [0, barEnd] },
    y: { axis: null, domain: [0, k] },
    fx: { axis: null, domain: panels, padding: 0.03 },
    fy: { axis: null, domain: pairs.map(({ scale }) => scale), padding: 0.08 },
    color: { type: 'identity' },
    marks: [
      Plot.rect(rects, {
        x1: 'x1',
        x2: 'x2',
        y1: 'y1',
        y2: 'y2',
        fx: 'panel',
        fy: 'scale',
        fill: 'fill',
        inset: -0.25,
      }),
      Plot.text(labels, { x: k * 1.21, y: 'y', fx: 'panel', fy: 'scale', text: 'text', textAnchor: 'start' }),
      Plot.text(panels, {
        x: k / 2,
        y: k,
        fx: (panel: string) => panel,
        fy: () => pairs[0].scale,
        text: (panel: string) => panel,
        dy: -12,
      }),
      Plot.text(pairs, {
        x: 0,
        y: k / 2,
        fx: () => panels[0],
        fy: 'scale',
        text: 'scale',
        rotate: -90,
        dx: -14,
        fontWeight: 600,
      }),
    ],
  });
}

function drawPanel(panel: (typeof panels)[number], pair: SlicePair, k: number): { rects: Rect[]; labels: Label[] } {
  const { scale } = pair;
  const [least, most] = panel === 'error' ? symmetric(pair.error) : extent(pair.original, pair.reconstruction);
  const colour = colourScale(panel === 'error', least, most);
  const cells = Array.from(pair[panel], (value, i): Rect => {
    const [x1, y1] = [i % k, Math.floor(i / k)];
    return { panel, scale, x1, x2: x1 + 1, y1, y2: y1 + 1, fill: colour(value) };
  });
  const bar = Array.from({ length: barSteps }, (_, i): Rect => {
    const [low, high] = [i / barSteps, (i + 1) / barSteps];
    const value = least + ((low + high) / 2) * (most - least);
    return { panel, scale, x1: k * 1.07, x2: k * 1.15, y1: k * low, y2: k * high, fill: colour(value) };
  });
  const [low, high] = endLabels(least, most);
  const labels = [
    { panel, scale, y: k * 0.95, text: high },
    ...(panel === 'error' ? [{ panel, scale, y: k * 0.5, text: '0' }] : []),
    { panel, scale, y: k * 0.05, text: low },
  ];
  return { rects: [...cells, ...bar], labels };
}

/** Values that are not finite have a colour of their own. */
function colourScale(diverging: boolean, least: number, most: number): (value: number) => string {
  const scale = Plot.scale({
    color: diverging
      ? { type: 'diverging', scheme: 'RdBu', reverse: true, domain: [least, most], pivot: 0 }
      : { type: 'linear', scheme: 'viridis', domain: [least, most] },
  })!;
  return (value) => (Number.isFinite(value) ? hex(String(scale.apply(value))) : notFinite);
}

/** Shorter than "rgb(1, 2, 3)". */
function hex(colour: string): string {
  const parts = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(colour);
  return parts
    ? `#${parts
        .slice(1)
        .map((part) => Number(part).toString(16).padStart(2, '0'))
        .join('')}`
    : colour;
}

/** Of the values that are finite; of equal ones, an interval around them. */
function extent(...lists: readonly ArrayLike<number>[]): [number, number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const list of lists)
    for (const value of Array.from(list).filter(Number.isFinite)) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  if (least > most) return [0, 1];
  return least === most ? [least - 0.5, most + 0.5] : [least, most];
}

function symmetric(values: ArrayLike<number>): [number, number] {
  const most = Math.max(...extent(values, [0]).map(Math.abs));
  return [-most, most];
}
