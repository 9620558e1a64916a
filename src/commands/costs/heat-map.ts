import { coordinate, drawText } from '../svg-page.js';
import type { Frame } from './chart.js';
import { type Message, totalMicroseconds, transferMicroseconds } from './coder.js';
import type { Link } from './links.js';
import { nameOf, type Section } from './tables.js';

const headHeight = 76;
const titleHeight = 26;
const rowHeight = 24;
const nameWidth = 130;

export function heatMapHeight(sections: readonly Section[]): number {
  const rows = sections.reduce((sum, { coders }) => sum + coders.length, 0);
  return headHeight + rows * rowHeight + sections.length * titleHeight + 10;
}

/** A row for each coder, a column for each link: the time of raw over that of the coder. */
export function drawHeatMap(
  sections: readonly Section[],
  links: readonly Link[],
  message: Message,
  { left, top, width }: Frame,
): string[] {
  const cellWidth = (width - nameWidth - 32) / links.length;
  const columnLeft = (column: number) => left + 16 + nameWidth + column * cellWidth;
  const marks = [
    drawText('label', left + 16, top + 23, 'How many times as fast as raw'),
    drawText('muted', left + 16, top + 41, 'with the latency of the links'),
    ...links.map(({ name }, i) => drawText('muted middle', columnLeft(i) + cellWidth / 2, top + headHeight - 8, name)),
  ];
  let y = top + headHeight;
  for (const { title, coders } of sections) {
    marks.push(drawText('muted', left + 16, y + 17, title));
    y += titleHeight;
    for (const coder of coders) {
      marks.push(drawText(coder.architecture, left + 16, y + 16, nameOf(coder)));
      for (const [column, link] of links.entries()) {
        const raw = transferMicroseconds(link, message.rawBytes, message);
        marks.push(drawCell(raw / totalMicroseconds(coder, link, message), columnLeft(column), y, cellWidth));
      }
      y += rowHeight;
    }
  }
  return marks;
}

/** The deeper the colour, the further from 1; full from a hundred times. */
function drawCell(ratio: number, left: number, top: number, width: number): string {
  const depth = Math.min(1, Math.abs(Math.log10(ratio)) / 2);
  const place = `x="${coordinate(left + 1)}" y="${coordinate(top + 1)}" width="${coordinate(width - 2)}" height="${rowHeight - 2}"`;
  const box = `<rect class="${ratio > 1 ? 'faster' : 'slower'}" ${place} rx="3" fill-opacity="${(0.12 + 0.5 * depth).toFixed(2)}"/>`;
  return box + drawText('middle', left + width / 2, top + 16, formatRatio(ratio));
}

/** 12×, 0.45×, 1/230. */
function formatRatio(ratio: number): string {
  if (ratio < 0.01) return `1/${Number((1 / ratio).toPrecision(2)).toLocaleString('en')}`;
  return `${Number(ratio.toPrecision(2))}×`;
}
