import { drawPage, drawText, type Style } from '../svg-page.js';
import { chartHeight, drawChart } from './chart.js';
import type { Message } from './coder.js';
import { drawHeatMap, heatMapHeight } from './heat-map.js';
import type { Link } from './links.js';
import type { Section } from './tables.js';

const width = 860;
const margin = 20;
const headingHeight = 84;
const gap = 14;

/** The colours of architectures are those of lines and of their labels; dashes tell precisions apart. */
const style: Style = {
  light: `
.axis,.tick{fill:none;stroke:#8b95a5;stroke-width:1}
.tick{stroke-opacity:.35}
.curve{fill:none;stroke-width:1.8;stroke-linejoin:round}
.raw{stroke:#1f2733;stroke-width:2.2}
.mlp{stroke:#1f9484}.conv{stroke:#3f78d8}.conv-bn{stroke:#e0912b}
.float8{stroke-dasharray:7 4}.int8{stroke-dasharray:2 3}
text.mlp{fill:#137a6c;stroke:none}text.conv{fill:#2f66c4;stroke:none}text.conv-bn{fill:#b06c12;stroke:none}
text.raw{stroke:none}
.even{fill:#fff;stroke-width:1.8}
.middle{text-anchor:middle}
.faster{fill:#1f9484}.slower{fill:#c2513f}`,
  dark: `
.raw{stroke:#e4e9f0}
.even{fill:#19212c}
text.mlp{fill:#5fcabb}text.conv{fill:#83aef5}text.conv-bn{fill:#f0b45f}`,
};

/** Below one another: for each section the time of a block by bandwidth, then on each link how much faster than raw. */
export function drawCosts(
  title: string,
  sections: readonly Section[],
  links: readonly Link[],
  message: Message,
): string {
  const marks = [
    drawText('name', margin, 36, 'Does compressing pay on a link?'),
    drawText('muted', margin, 58, `${title}. Encode, transfer and decode follow one another.`),
  ];
  let top = headingHeight - gap;
  const add = (height: number, draw: (top: number) => readonly string[]) => {
    marks.push(
      `<rect class="panel" x="${margin}" y="${top}" width="${width - 2 * margin}" height="${height}" rx="8"/>`,
    );
    marks.push(...draw(top));
    top += height + gap;
  };
  const frame = { left: margin, width: width - 2 * margin };
  for (const section of sections) add(chartHeight, (y) => drawChart(section, links, message, { ...frame, top: y }));
  add(heatMapHeight(sections), (y) => drawHeatMap(sections, links, message, { ...frame, top: y }));
  return drawPage({ width, height: top + margin - gap, title: `Does compressing pay? ${title}`, style }, marks);
}
