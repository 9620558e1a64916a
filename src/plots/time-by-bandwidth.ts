import { colours, draw, Plot } from './draw.js';
import { powerOfTen, wholePowers } from './powers.js';
import { spreadOnLog } from './spread.js';

/** The time of one way to send something, by bandwidth. */
export interface TimeCurve {
  readonly name: string;
  /** Its colour: that of all curves of the kind. */
  readonly kind: string;
  /** As of SVG's stroke-dasharray; undefined for a line without gaps. */
  readonly dashes?: string | undefined;
  /** In µs, at a bandwidth in GB/s. */
  time(bandwidth: number): number;
  /** A bandwidth to mark on the curve. */
  readonly marked?: number | undefined;
}

export interface MarkedBandwidth {
  readonly name: string;
  readonly bandwidth: number;
}

const size = { width: 820, height: 440, marginTop: 84, marginBottom: 42, marginLeft: 56, marginRight: 130 };
const points = 49;
const labelPixels = 15;
const palette = [colours.green, colours.blue, colours.orange, colours.pink];

/** Both axes logarithmic; links by name above, curves by name at their right ends. The first curve has the colour of text. */
export function drawTimeByBandwidth(
  title: string,
  curves: readonly TimeCurve[],
  links: readonly MarkedBandwidth[],
): string {
  const marked = curves.filter((curve) => curve.marked !== undefined);
  const bandwidths = [...links.map(({ bandwidth }) => bandwidth), ...marked.map((curve) => curve.marked!)];
  const [least, most] = [Math.min(...bandwidths) / 2, Math.max(...bandwidths) * 2];
  const steps = Array.from({ length: points }, (_, i) => least * (most / least) ** (i / (points - 1)));
  const lines = curves.map((curve) => steps.map((bandwidth) => ({ bandwidth, time: curve.time(bandwidth) })));
  const times = lines.flat().map(({ time }) => time);
  const domain: [number, number] = [Math.min(...times) / 1.5, Math.max(...times) * 1.5];
  const kinds = [...new Set(curves.slice(1).map(({ kind }) => kind))];
  const colourOf = ({ kind }: TimeCurve) => palette[kinds.indexOf(kind)] ?? 'currentColor';
  const [xTicks, yTicks] = [[least, most], domain].map((ends) =>
    wholePowers(ends).ticks.filter((tick) => tick >= ends[0] && tick <= ends[1]),
  );
  const places = spreadOnLog(
    curves.map((curve) => curve.time(most)),
    labelPixels,
    domain,
    size.height - size.marginTop - size.marginBottom,
  );
  return draw(title, {
    ...size,
    x: { type: 'log', domain: [least, most], label: 'bandwidth [GB/s]', ticks: xTicks, tickFormat: powerOfTen },
    y: { type: 'log', domain, label: null, ticks: yTicks, tickFormat: powerOfTen },
    marks: [
      Plot.gridY(yTicks, { strokeOpacity: 0.15 }),
      Plot.ruleX(links, { x: 'bandwidth', strokeOpacity: 0.15 }),
      Plot.text(links, { x: 'bandwidth', text: 'name', frameAnchor: 'top', dy: -8, rotate: -60, textAnchor: 'start' }),
      ...curves.map((curve, i) =>
        Plot.line(lines[i], {
          x: 'bandwidth',
          y: 'time',
          stroke: colourOf(curve),
          strokeWidth: i === 0 ? 2.2 : 1.8,
          ...(curve.dashes && { strokeDasharray: curve.dashes }),
        }),
      ),
      ...marked.map((curve) =>
        Plot.dot([curve], {
          x: 'marked',
          y: ({ time, marked: at }: TimeCurve) => time(at!),
          r: 4,
          stroke: colourOf(curve),
          strokeWidth: 1.8,
        }),
      ),
      ...curves.map((curve, i) =>
        Plot.text([curve.name], {
          x: [most],
          y: [places[i]],
          text: [curve.name],
          dx: 8,
          textAnchor: 'start',
          fill: colourOf(curve),
        }),
      ),
    ],
  });
}
