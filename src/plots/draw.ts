/** Pictures by Observable Plot, without a browser: linkedom is the document that it draws into. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

export { Plot };

/** Told apart by the colour-blind too, on light and on dark ground: M. Okabe and K. Ito, Color universal design, 2008. */
export const colours = {
  blue: '#3d8fd1',
  orange: '#e69f00',
  green: '#12a17d',
  pink: '#cc79a7',
  red: '#d55e00',
  grey: '#8b95a5',
} as const;

export const fontSize = 12;

/** An `<svg>` element. Text and axes have the colour of the text around it. */
export function draw(title: string, options: Plot.PlotOptions): string {
  const { document } = parseHTML('<html></html>');
  const figure = Plot.plot({ style: { fontSize: `${fontSize}px` }, ...options, document });
  figure.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  figure.setAttribute('role', 'img');
  // linkedom writes attributes as HTML has them, where "<" may stand in one; XML has it not.
  return shorten(figure.outerHTML).replace('<svg ', `<svg aria-label="${escapeXml(title)}" `);
}

/** Coordinates, which stand within tags, to a hundredth of a pixel. */
function shorten(svg: string): string {
  return svg.replaceAll(/<[^>]*>/g, (tag) =>
    tag.replaceAll(/\d+\.\d{3,}(?:e-?\d+)?/g, (number) => String(Number(Number(number).toFixed(2)))),
  );
}

/** A part of a picture under a heading. */
export interface Panel {
  readonly title: string;
  readonly note?: string;
  readonly svg: string;
}

const headPixels = 52;

/** Panels below one another in one `<svg>`. */
export function stack(title: string, panels: readonly Panel[]): string {
  const sizes = panels.map(({ svg }) => ['width', 'height'].map((name) => Number(attributeOf(svg, name))));
  const width = Math.max(...sizes.map(([own]) => own));
  const heights = sizes.map(([, own]) => own + headPixels);
  const height = heights.reduce((sum, own) => sum + own, 0);
  let top = 0;
  const marks = panels.map(({ title: heading, note = '', svg }, i) => {
    const y = top;
    top += heights[i];
    return [
      `<text x="8" y="${y + 22}" font-size="15" font-weight="600">${escapeXml(heading)}</text>`,
      `<text x="8" y="${y + 40}" font-size="${fontSize}" fill-opacity="0.75">${escapeXml(note)}</text>`,
      svg.replace('<svg ', `<svg y="${y + headPixels}" `),
    ];
  });
  const open = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeXml(title)}" font-family="system-ui, sans-serif" fill="currentColor">`;
  return [open, ...marks.flat(), '</svg>'].join('\n');
}

function attributeOf(svg: string, name: string): string {
  return new RegExp(` ${name}="([^"]*)"`).exec(svg)![1];
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** A whole SVG file that is read on light and on dark ground. */
export function standalone(svg: string): string {
  const style =
    '<style>svg{color:#1f2733;background:#fff}@media (prefers-color-scheme:dark){svg{color:#e4e9f0;background:#0f141b}}</style>';
  return `${svg.replace(/^<svg[^>]*>/, (open) => open + style)}\n`;
}

/** Both ends of an interval in three digits, or in as many more as tell them apart: 1.000000997 is not 1. */
export function endLabels(least: number, most: number): [string, string] {
  const largest = Math.max(Math.abs(least), Math.abs(most));
  const alike = most > least ? Math.floor(Math.log10(largest / (most - least))) : 0;
  const digits = Math.min(11, 3 + Math.max(0, alike));
  const isSmall = largest < 1e-3;
  const label = (value: number) => {
    const rounded = Number(value.toPrecision(digits));
    // Those near 0 of a wider interval are near enough.
    if (Math.abs(rounded) < largest * 1e-3) return '0';
    return (isSmall ? rounded.toExponential() : String(rounded)).replaceAll('-', '−');
  };
  return [label(least), label(most)];
}
