import { coordinate, drawText } from '../svg-page.js';
import { breakEvenBandwidth, type Coder, computeMicroseconds, type Message } from './coder.js';
import type { Link } from './links.js';
import { nameOf, type Section } from './tables.js';

/** Where a panel stands. */
export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
}

export const chartHeight = 440;
/** Of the axes within the panel. */
const inset = { left: 62, right: 128, top: 104, bottom: 46 };
const labelGap = 15;

/** Places of values on logarithmic axes, in pixels. */
interface Axes {
  readonly bandwidths: readonly [least: number, most: number];
  readonly times: readonly [least: number, most: number];
  x(bandwidth: number): number;
  y(microseconds: number): number;
}

/** Transfer alone: latencies differ by link and shift all times alike. */
function timeAt(coder: Coder, bandwidth: number): number {
  return computeMicroseconds(coder) + coder.sentBytes / (1e3 * bandwidth);
}

export function drawChart(
  { title, coders }: Section,
  links: readonly Link[],
  { rawBytes }: Message,
  frame: Frame,
): string[] {
  const axes = layOut(coders, links, rawBytes, frame);
  const curves = [
    { name: 'raw', classes: 'raw', time: (bandwidth: number) => rawBytes / (1e3 * bandwidth) },
    ...coders.map((coder) => ({
      name: nameOf(coder),
      classes: `${coder.architecture} ${coder.precision}`,
      time: (bandwidth: number) => timeAt(coder, bandwidth),
    })),
  ];
  return [
    drawText('label', frame.left + 16, frame.top + 23, title),
    drawText('muted', frame.left + 16, frame.top + 41, 'µs for a block by bandwidth, without latency; ○ breaks even'),
    ...drawAxes(axes, links),
    ...curves.map(({ classes, time }) => drawCurve(axes, classes, time)),
    ...coders.flatMap((coder) => drawBreakEven(axes, coder, rawBytes)),
    ...drawLabels(axes, curves),
  ];
}

/** All links, and where the coders break even. */
function layOut(coders: readonly Coder[], links: readonly Link[], rawBytes: number, { left, top, width }: Frame): Axes {
  const raw = (bandwidth: number) => rawBytes / (1e3 * bandwidth);
  const even = coders.map((coder) => breakEvenBandwidth(coder, rawBytes)).filter((bandwidth) => bandwidth > 0);
  const marked = [...links.map(({ bandwidth }) => bandwidth), ...even];
  const bandwidths = [Math.min(...marked) / 2, Math.max(...marked) * 2] as const;
  const ends = bandwidths.flatMap((bandwidth) => [raw(bandwidth), ...coders.map((coder) => timeAt(coder, bandwidth))]);
  const times = [Math.min(...ends) / 1.5, Math.max(...ends) * 1.5] as const;
  const place = (value: number, [least, most]: readonly [number, number]) =>
    Math.log(value / least) / Math.log(most / least);
  return {
    bandwidths,
    times,
    x: (bandwidth) => left + inset.left + place(bandwidth, bandwidths) * (width - inset.left - inset.right),
    y: (time) => top + chartHeight - inset.bottom - place(time, times) * (chartHeight - inset.top - inset.bottom),
  };
}

function drawAxes(axes: Axes, links: readonly Link[]): string[] {
  const { bandwidths, times, x, y } = axes;
  const [left, right] = bandwidths.map(x);
  const [bottom, top] = times.map(y);
  return [
    ...links.flatMap(({ name, bandwidth }) => {
      const at = coordinate(x(bandwidth));
      return [
        `<path class="tick" d="M${at} ${coordinate(top)}V${coordinate(bottom)}"/>`,
        `<g transform="translate(${at} ${coordinate(top - 5)}) rotate(-45)">${drawText('muted', 0, 0, name)}</g>`,
      ];
    }),
    ...powersOfTen(bandwidths).map((value) => drawText('muted middle', x(value), bottom + 18, String(value))),
    drawText('muted middle', (left + right) / 2, bottom + 36, 'GB/s'),
    ...powersOfTen(times).flatMap((value) => [
      `<path class="tick" d="M${coordinate(left)} ${coordinate(y(value))}H${coordinate(right)}"/>`,
      drawText('muted right', left - 6, y(value) + 4, String(value)),
    ]),
    `<path class="axis" d="M${coordinate(left)} ${coordinate(top)}V${coordinate(bottom)}H${coordinate(right)}"/>`,
  ];
}

/** Those within, to no more digits than it takes. */
function powersOfTen([least, most]: readonly [number, number]): number[] {
  const first = Math.ceil(Math.log10(least));
  const count = Math.floor(Math.log10(most)) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => Number((10 ** (first + i)).toPrecision(1)));
}

function drawCurve({ bandwidths, x, y }: Axes, classes: string, time: (bandwidth: number) => number): string {
  const [least, most] = bandwidths;
  const steps = 48;
  const points = Array.from({ length: steps + 1 }, (_, i) => least * (most / least) ** (i / steps));
  const path = points.map((bandwidth) => `${coordinate(x(bandwidth))} ${coordinate(y(time(bandwidth)))}`).join('L');
  return `<path class="curve ${classes}" d="M${path}"/>`;
}

function drawBreakEven({ x, y }: Axes, coder: Coder, rawBytes: number): string[] {
  const bandwidth = breakEvenBandwidth(coder, rawBytes);
  if (bandwidth <= 0) return [];
  const [cx, cy] = [coordinate(x(bandwidth)), coordinate(y(timeAt(coder, bandwidth)))];
  return [`<circle class="even ${coder.architecture}" cx="${cx}" cy="${cy}" r="4"/>`];
}

interface Curve {
  readonly name: string;
  readonly classes: string;
  readonly time: (bandwidth: number) => number;
}

/** At the right ends of the curves, from the top one down, each below the one before where the curves lie too close. */
function drawLabels({ bandwidths: [, most], times, x, y }: Axes, curves: readonly Curve[]): string[] {
  const ends = curves.map((curve) => ({ ...curve, y: y(curve.time(most)) + 4 })).sort((a, b) => a.y - b.y);
  const places = spread(
    ends.map((end) => end.y),
    y(times[0]),
  );
  return ends.map(({ name, classes }, i) => drawText(`muted ${classes}`, x(most) + 8, places[i], name));
}

/** Ascending places at least `labelGap` apart, none beyond `limit` if there is room. */
function spread(wanted: readonly number[], limit: number): number[] {
  const places: number[] = [];
  for (const place of wanted) places.push(Math.max(place, (places.at(-1) ?? Number.NEGATIVE_INFINITY) + labelGap));
  let most = limit;
  for (let i = places.length - 1; i >= 0; i--, most -= labelGap) places[i] = Math.min(places[i], most);
  return places;
}
