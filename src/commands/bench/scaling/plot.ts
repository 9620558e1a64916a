import { coordinate, drawPage, drawText, type Style } from '../../svg-page.js';
import type { ScaledPoint, ScalingReport } from './report.js';

const [width, height, margin, gap] = [860, 440, 20, 14];
const panelTop = 84;
const panelWidth = (width - 2 * margin - gap) / 2;
const panelHeight = height - panelTop - margin;
const inset = { left: 46, right: 20, top: 56, bottom: 44 };

const style: Style = {
  light: `
.axis,.tick{fill:none;stroke:#8b95a5;stroke-width:1}
.tick{stroke-opacity:.35}
.line{fill:none;stroke-width:2;stroke-linejoin:round}
.predicted{stroke-dasharray:5 4;stroke-width:1.6}
.train{stroke:#1f9484}.compress{stroke:#e0912b}
.dot{stroke:none}.dot.train{fill:#1f9484}.dot.compress{fill:#e0912b}
text.train{fill:#137a6c;stroke:none}text.compress{fill:#b06c12;stroke:none}
.middle{text-anchor:middle}`,
  dark: `
text.train{fill:#5fcabb}text.compress{fill:#f0b45f}`,
};

/** Efficiency by the number of ranks, strong and weak side by side: measured ones as dots and lines, predicted ones dashed. */
export function drawScaling({ machine, base, points, architecture, blockSize }: ScalingReport): string {
  const what = `${architecture}, blocks of ${blockSize}³; ${machine.processor}, ${machine.library}, ${machine.nodes.length} node(s)`;
  const marks = [
    drawText('name', margin, 36, 'Scaling'),
    drawText('muted', margin, 58, `${what}. Speed of a rank, of that on ${base} rank(s); dashed: predicted.`),
    ...(['strong', 'weak'] as const).flatMap((scaling, i) =>
      drawPanel(
        scaling,
        points.filter((point) => point.scaling === scaling),
        margin + i * (panelWidth + gap),
      ),
    ),
  ];
  return drawPage({ width, height, title: `Scaling: ${what}`, style }, marks);
}

/** Places in pixels. */
interface Axes {
  x(ranks: number): number;
  y(efficiency: number): number;
  readonly most: number;
}

function drawPanel(title: string, points: readonly ScaledPoint[], left: number): string[] {
  const axes = layOut(points, left);
  return [
    `<rect class="panel" x="${coordinate(left)}" y="${panelTop}" width="${coordinate(panelWidth)}" height="${panelHeight}" rx="8"/>`,
    drawText('label', left + 16, panelTop + 23, title),
    ...(['train', 'compress'] as const).map((task, i) =>
      drawText(`muted ${task}`, left + 90 + 60 * i, panelTop + 23, task),
    ),
    ...drawAxes(axes, points, left),
    ...(['train', 'compress'] as const).flatMap((task) =>
      drawTask(
        axes,
        task,
        points.filter((point) => point.task === task),
      ),
    ),
  ];
}

/** Ranks by their logarithm; efficiency from 0 to the next quarter above all, but for a little. */
function layOut(points: readonly ScaledPoint[], left: number): Axes {
  const logs = points.map(({ ranks }) => Math.log2(ranks));
  const [first, span] = [Math.min(...logs), Math.max(...logs) - Math.min(...logs) || 1];
  const highest = Math.max(1, ...points.flatMap(({ efficiency, predictedEfficiency: p }) => [efficiency, p]));
  const most = Math.ceil(4 * highest - 0.1) / 4;
  const [innerWidth, innerHeight] = [panelWidth - inset.left - inset.right, panelHeight - inset.top - inset.bottom];
  return {
    most,
    x: (ranks) => left + inset.left + ((Math.log2(ranks) - first) / span) * innerWidth,
    y: (efficiency) => panelTop + inset.top + (1 - efficiency / most) * innerHeight,
  };
}

function drawAxes({ x, y, most }: Axes, points: readonly ScaledPoint[], left: number): string[] {
  const [from, to] = [coordinate(left + inset.left), coordinate(left + panelWidth - inset.right)];
  const quarters = Array.from({ length: 4 * most + 1 }, (_, i) => i / 4);
  const counts = [...new Set(points.map(({ ranks }) => ranks))];
  return [
    ...quarters.flatMap((value) => [
      `<path class="tick" d="M${from} ${coordinate(y(value))}H${to}"/>`,
      drawText('muted right', left + inset.left - 6, y(value) + 4, `${100 * value} %`),
    ]),
    ...counts.map((ranks) => drawText('muted middle', x(ranks), y(0) + 18, String(ranks))),
    drawText('muted middle', left + panelWidth / 2, y(0) + 36, 'ranks'),
    `<path class="axis" d="M${from} ${coordinate(y(0))}H${to}"/>`,
  ];
}

function drawTask({ x, y }: Axes, task: ScaledPoint['task'], points: readonly ScaledPoint[]): string[] {
  const line = (value: (point: ScaledPoint) => number) =>
    points.map((point) => `${coordinate(x(point.ranks))} ${coordinate(y(value(point)))}`).join('L');
  return [
    `<path class="line predicted ${task}" d="M${line((point) => point.predictedEfficiency)}"/>`,
    `<path class="line ${task}" d="M${line((point) => point.efficiency)}"/>`,
    ...points.map(
      ({ ranks, efficiency }) =>
        `<circle class="dot ${task}" cx="${coordinate(x(ranks))}" cy="${coordinate(y(efficiency))}" r="4"/>`,
    ),
  ];
}
