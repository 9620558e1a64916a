import { coordinate, drawPage, drawText, escapeXml, type Style } from '../svg-page.js';
import type { Labels } from './labels.js';
import type { MeasuredTrial } from './merits.js';
import { roundNumbers } from './round-numbers.js';

const size = { width: 860, height: 470, margin: 20, gap: 14, head: 74, panel: 376 };
const inset = { left: 52, right: 18, top: 42, bottom: 50 };

const style: Style = {
  light: `
.axis,.tick{fill:none;stroke:#8b95a5;stroke-width:1}
.tick{stroke-opacity:.3}
.middle{text-anchor:middle}
circle{fill-opacity:.12;stroke-width:1.4;stroke-opacity:.55}
.front{fill-opacity:.9;stroke-opacity:1}
.mlp{fill:#1f9484;stroke:#1f9484}.conv{fill:#3f78d8;stroke:#3f78d8}.conv-bn{fill:#e0912b;stroke:#e0912b}
text.mlp,text.conv,text.conv-bn{stroke:none}`,
  dark: '',
};

/** Quality by ratio and by speed; filled are the trials of the front. */
export function drawTrials(
  trials: readonly MeasuredTrial[],
  front: ReadonlySet<MeasuredTrial>,
  labels: Labels,
): string {
  const { width, height, margin, gap } = size;
  const panelWidth = (width - 2 * margin - gap) / 2;
  const panels = [
    { title: 'by compression ratio', xOf: ({ measured }: MeasuredTrial) => measured.ratio },
    { title: 'by speed there and back, GB/s', xOf: ({ speed }: MeasuredTrial) => speed },
  ];
  const names = [...new Set(trials.map(({ configuration }) => configuration.arch))];
  const marks = [
    drawText('name', margin, 34, 'Quality, ratio and speed'),
    drawText('muted', margin, 56, 'PSNR on the validation part, dB. Filled: beaten by no other trial in all three'),
    ...names.map((name, i) => drawText(`label ${name}`, width - margin - 80 * (names.length - i), 34, name)),
    ...panels.flatMap((panel, i) =>
      drawPanel(trials, front, labels, panel, { left: margin + i * (panelWidth + gap), width: panelWidth }),
    ),
  ];
  return drawPage({ width, height, title: 'Quality, ratio and speed of the trials', style }, marks);
}

function drawPanel(
  trials: readonly MeasuredTrial[],
  front: ReadonlySet<MeasuredTrial>,
  labels: Labels,
  { title, xOf }: { title: string; xOf: (trial: MeasuredTrial) => number },
  frame: { left: number; width: number },
): string[] {
  const [left, right] = [frame.left + inset.left, frame.left + frame.width - inset.right];
  const [top, bottom] = [size.head + inset.top, size.head + size.panel - inset.bottom];
  const x = logarithmic(trials.map(xOf), left, right);
  const y = linear(
    trials.map(({ psnr }) => psnr),
    bottom,
    top,
  );
  return [
    `<rect class="panel" x="${coordinate(frame.left)}" y="${size.head}" width="${coordinate(frame.width)}" height="${size.panel}" rx="8"/>`,
    drawText('label', frame.left + 16, size.head + 24, title),
    ...y.ticks.flatMap((value) => [
      `<path class="tick" d="M${coordinate(left)} ${coordinate(y.place(value))}H${coordinate(right)}"/>`,
      drawText('muted right', left - 8, y.place(value) + 4, String(value)),
    ]),
    ...x.ticks.map((value) => drawText('muted middle', x.place(value), bottom + 22, String(value))),
    `<path class="axis" d="M${coordinate(left)} ${top}V${bottom}H${coordinate(right)}"/>`,
    ...trials.map((trial) => {
      const classes = front.has(trial) ? `front ${trial.configuration.arch}` : trial.configuration.arch;
      const place = `cx="${coordinate(x.place(xOf(trial)))}" cy="${coordinate(y.place(trial.psnr))}"`;
      const label = escapeXml(`${labels.of(trial.configuration)}: ${trial.psnr.toFixed(2)} dB`);
      return `<circle class="${classes}" ${place} r="5"><title>${label}</title></circle>`;
    }),
  ];
}

/** Places between two pixels, with some room at either end, and values to mark. */
interface Axis {
  readonly ticks: readonly number[];
  place(value: number): number;
}

const tickCount = 4;

function linear(values: readonly number[], from: number, to: number): Axis {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = 0.08 * (most - least) || 0.1;
  const [start, end] = [least - room, most + room];
  const step = roundNumbers([(end - start) / tickCount, 10 * (end - start)])[0];
  const first = Math.ceil(start / step);
  const ticks = Array.from({ length: Math.floor(end / step) - first + 1 }, (_, i) => (first + i) * step);
  return {
    ticks: ticks.map((tick) => Number(tick.toPrecision(6))),
    place: (value) => from + ((value - start) / (end - start)) * (to - from),
  };
}

function logarithmic(values: readonly number[], from: number, to: number): Axis {
  const { place } = linear(values.map(Math.log10), from, to);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const round = roundNumbers([least, most]);
  const ticks = round.length > 1 ? round : [...new Set([least, most])].map((value) => Number(value.toPrecision(2)));
  return { ticks, place: (value) => place(Math.log10(value)) };
}
