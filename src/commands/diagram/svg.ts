import { type Architecture, labelOf } from '../../models/architectures.js';
import type { Layer } from '../../models/layers.js';
import {
  formatParameters,
  formatShape,
  inputShape,
  type LayerSummary,
  type Shape,
  stagesOf,
  summarise,
} from '../../models/summary.js';
import { coordinate, drawPage, drawText } from '../svg-page.js';
import { type Cuboid, cuboidOf, drawCuboid, fullHeight } from './cuboid.js';
import { style } from './style.js';

const width = 840;
const margin = 20;
const headingHeight = 96;
const panelHeadHeight = 36;
const lineHeight = 18;
/** Where things stand: the middle of the boxes, the left of layers, the right of shapes and of parameters. */
const column = { boxes: 136, layer: 262, shape: 640, parameters: width - margin - 20 };

/** Something drawn, and the height that it takes. */
interface Piece {
  readonly height: number;
  readonly boxes: readonly { readonly cuboid: Cuboid; readonly y: number; readonly part: string }[];
  readonly marks: readonly string[];
}

/** From the block at the top through the latent in the middle to the block at the bottom. */
export function drawSvg(architecture: Architecture): string {
  const { blockSize, encoder, decoder } = architecture;
  const makers: ((top: number) => Piece)[] = [
    (top) => heading(top, architecture),
    (top) => band(top, inputShape(encoder), 'encoder', `Block of ${blockSize}³`),
    (top) => panel(top, encoder, 'encoder', 'Encoder'),
    (top) => band(top, inputShape(decoder), 'latent', 'Latent'),
    (top) => panel(top, decoder, 'decoder', 'Decoder'),
    (top) => band(top, lastOf(summarise(decoder)).output, 'decoder', `Block of ${blockSize}³`),
  ];
  let height = 0;
  const pieces = makers.map((make) => {
    const piece = make(height);
    height += piece.height;
    return piece;
  });
  const boxes = pieces.flatMap((piece) => piece.boxes);
  return drawPage({ width, height: height + margin / 2, title: title(architecture), style }, [
    ...pieces.flatMap(({ marks }) => marks),
    ...boxes.slice(1).map((box, i) => arrow(boxes[i], box)),
    ...boxes.map(({ cuboid, y, part }) => drawCuboid(cuboid, column.boxes, y, part)),
  ]);
}

function title(architecture: Architecture): string {
  const { blockSize, latentSize } = architecture;
  return `${labelOf(architecture)}: blocks of ${blockSize}³ to ${latentSize} latents`;
}

function heading(top: number, architecture: Architecture): Piece {
  const sides = (['encoder', 'decoder'] as const).map((side) => `${side} ${countOf(architecture[side])}`);
  const marks = [
    drawText('name', margin, top + 38, title(architecture)),
    drawText('muted', margin, top + 62, `Parameters: ${sides.join(', ')}`),
    drawText(
      'muted',
      margin,
      top + 80,
      'Boxes are as long as there are channels, as high and as deep as the grid; the scales are compressed.',
    ),
  ];
  return { height: headingHeight, boxes: [], marks };
}

function countOf(layers: readonly Layer[]): string {
  const sum = (key: 'parameters' | 'statistics') => summarise(layers).reduce((total, layer) => total + layer[key], 0);
  return formatParameters({ parameters: sum('parameters'), statistics: sum('statistics') });
}

/** What goes into a half of the network or comes out: it stands between the panels. */
function band(top: number, shape: Shape, part: string, name: string): Piece {
  const cuboid = cuboidOf(shape);
  const height = Math.max(44, fullHeight(cuboid) + 28);
  const y = top + height / 2;
  const marks = [
    drawText(`${part} label`, column.layer, y + 5, name),
    drawText('right', column.shape, y + 5, formatShape(shape)),
  ];
  return { height, boxes: [{ cuboid, y, part }], marks };
}

/** Half of the network; the boxes stand between its stages. */
function panel(top: number, layers: readonly Layer[], part: string, name: string): Piece {
  const stages = stagesOf(summarise(layers));
  const inner = stages.slice(0, -1).map((stage) => cuboidOf(lastOf(stage).output));
  const heights = stages.map((stage, i) => stageHeight(stage, inner[i - 1], inner[i]));
  const tops = heights.map((_, i) => heights.slice(0, i).reduce((y, next) => y + next, top + panelHeadHeight));
  const height = panelHeadHeight + heights.reduce((sum, next) => sum + next, 0) + 6;
  const marks = [
    `<rect class="panel" x="${margin}" y="${coordinate(top)}" width="${width - 2 * margin}" height="${coordinate(height)}" rx="8"/>`,
    drawText(`${part} label`, margin + 16, top + 23, name),
    drawText('muted', column.layer, top + 23, 'layer'),
    drawText('muted right', column.shape, top + 23, 'output'),
    drawText('muted right', column.parameters, top + 23, 'parameters'),
    ...stages.flatMap((stage, i) => stageLines(stage, tops[i] + heights[i] / 2)),
  ];
  return { height, boxes: inner.map((cuboid, i) => ({ cuboid, y: tops[i + 1], part })), marks };
}

/** Enough for its lines, and for the halves of the boxes before and after it with an arrow between them. */
function stageHeight(stage: readonly LayerSummary[], before: Cuboid | undefined, after: Cuboid | undefined): number {
  const halves = [before, after].map((cuboid) => (cuboid ? fullHeight(cuboid) / 2 : 0));
  return Math.max(stage.length * lineHeight + 14, halves[0] + halves[1] + 20);
}

function stageLines(stage: readonly LayerSummary[], middle: number): string[] {
  return stage.flatMap((layer, i) => {
    const y = middle + (i - (stage.length - 1) / 2) * lineHeight + 5;
    const parameters = formatParameters(layer);
    return [
      drawText(i === 0 ? 'layer' : 'after', column.layer, y, layer.title),
      drawText('right', column.shape, y, formatShape(layer.output)),
      ...(parameters ? [drawText('right', column.parameters, y, parameters)] : []),
    ];
  });
}

function arrow(from: Piece['boxes'][number], to: Piece['boxes'][number]): string {
  const start = from.y + fullHeight(from.cuboid) / 2 + 3;
  const end = to.y - fullHeight(to.cuboid) / 2 - 3;
  const [x, tip] = [column.boxes, coordinate(end)];
  return `<path class="arrow" d="M${x} ${coordinate(start)}V${tip}M${x - 4} ${coordinate(end - 5)}L${x} ${tip}L${x + 4} ${coordinate(end - 5)}"/>`;
}

function lastOf<T>(list: readonly T[]): T {
  return list[list.length - 1];
}
