/** What the pictures have in common: a page for light and dark backgrounds, and text on it. */

/** Of pages, panels and text; colours of its own each picture adds. */
const light = `
text{font:13px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;fill:#1f2733;font-variant-numeric:tabular-nums}
.page{fill:#fff}
.panel{fill:#f3f5f9}
.name{font-size:19px;font-weight:600}
.label{font-weight:600}
.muted{fill:#5d6878;font-size:12px}
.right{text-anchor:end}`;
const dark = `
text{fill:#e4e9f0}
.page{fill:#0f141b}
.panel{fill:#19212c}
.muted{fill:#98a4b5}`;

export interface Style {
  readonly light: string;
  /** Where the reader asks for a dark background. */
  readonly dark: string;
}

export interface Page {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly style: Style;
}

export function drawPage({ width, height, title, style }: Page, marks: readonly string[]): string {
  const size = `width="${width}" height="${coordinate(height)}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${width} ${coordinate(height)}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${light}${style.light}\n@media (prefers-color-scheme:dark){${dark}${style.dark}\n}\n</style>`,
    `<rect class="page" ${size} rx="12"/>`,
    ...marks,
    '</svg>',
  ].join('\n');
}

export function drawText(classes: string, x: number, y: number, content: string): string {
  return `<text class="${classes}" x="${coordinate(x)}" y="${coordinate(y)}">${escapeXml(content)}</text>`;
}

export function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** To a tenth of a pixel. */
export function coordinate(value: number): string {
  return String(Number(value.toFixed(1)));
}
