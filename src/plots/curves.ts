import { colours, draw, Plot } from './draw.js';
import { longest, powerOfTen, wholePowers } from './powers.js';
import { spreadOnLog } from './spread.js';

/** A quantity that depends on another. */
export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Places on it to point out. */
  readonly marks?: readonly Mark[];
}

export interface Mark {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

export interface CurveAxes {
  readonly x: string;
  /** Default: linear, from 0. */
  readonly isLogarithmic?: boolean;
  readonly y: string;
}

const palette = Object.values(colours);
const size = { width: 720, height: 320, marginTop: 28, marginBottom: 40, marginLeft: 64 };
const labelPixels = 15;

/** Positive values on a logarithmic axis; each curve has its name at its right end, in its colour. A single point is a dot. */
export function drawCurves(title: string, axes: CurveAxes, curves: readonly Curve[]): string {
  const positive = curves.map(({ name, points }) => ({
    name,
    points: points.filter(([, y]) => y > 0).sort(([a], [b]) => a - b),
  }));
  const points = positive.flatMap(({ name, points: own }) => own.map(([x, y]) => ({ name, x, y })));
  const xs = points.map(({ x }) => x);
  const single = positive.flatMap(({ name, points: own }) =>
    own.length === 1 ? [{ name, x: own[0][0], y: own[0][1] }] : [],
  );
  const marks = curves.flatMap(({ name, marks = [] }) => marks.map((mark) => ({ name, ...mark })));
  const powers = wholePowers(points.map(({ y }) => y));
  const x = axes.isLogarithmic
    ? { type: 'log' as const, tickFormat: powerOfTen, ...wholePowers(xs) }
    : { domain: [0, xs.reduce((most, at) => Math.max(most, at), 1)] };
  const ends = positive.flatMap(({ name, points: own }) => own.slice(-1).map(([, y]) => ({ name, y })));
  const places = spreadOnLog(
    ends.map(({ y }) => y),
    labelPixels,
    powers.domain,
    size.height - size.marginTop - size.marginBottom,
  );
  return draw(title, {
    ...size,
    marginRight: 20 + 7 * longest(curves.map(({ name }) => name)),
    x: { label: axes.x, ...x },
    y: { type: 'log', label: axes.y, tickFormat: powerOfTen, ...powers },
    color: { domain: curves.map(({ name }) => name), range: palette.slice(0, curves.length) },
    marks: [
      Plot.gridY(powers.ticks, { strokeOpacity: 0.12 }),
      Plot.frame({ anchor: 'left', strokeOpacity: 0.4 }),
      Plot.lineY(points, { x: 'x', y: 'y', z: 'name', stroke: 'name', strokeWidth: 1.8 }),
      Plot.dot(single, { x: 'x', y: 'y', stroke: 'name', fill: 'name', r: 3 }),
      Plot.dot(marks, { x: 'x', y: 'y', stroke: 'name', r: 4, strokeWidth: 1.8 }),
      Plot.text(marks, { x: 'x', y: 'y', text: 'text', fill: 'name', textAnchor: 'start', dx: 6, dy: -8 }),
      Plot.text(ends, {
        frameAnchor: 'right',
        y: (_, i: number) => places[i],
        text: 'name',
        fill: 'name',
        textAnchor: 'start',
        dx: 8,
      }),
    ],
  });
}
