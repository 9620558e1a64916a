import type { Table } from '../table.js';
import { Html, html } from './html.js';
import { pageStyle } from './page-style.js';

/** A picture of the page, and of the folder `plots`. */
export interface Figure {
  /** The name of its file, without ".svg". */
  readonly name: string;
  readonly caption: string;
  /** An `<svg>` element. */
  readonly svg: string;
}

export interface Section {
  readonly title: string;
  readonly paragraphs?: readonly string[];
  readonly tables?: readonly Table[];
  readonly figures?: readonly Figure[];
  /** Figures under their captions, closed at first. */
  readonly folded?: readonly Figure[];
  readonly content?: Html;
}

export interface Report {
  readonly title: string;
  /** What was done, in a sentence. */
  readonly lead: string;
  /** Numbers that matter most, and what they are. */
  readonly numbers: readonly (readonly [value: string, name: string])[];
  readonly sections: readonly Section[];
}

/** The page may load nothing at all: what it shows, it holds. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

/** A whole HTML file. */
export function formatPage({ title, lead, numbers, sections }: Report): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${new Html(pageStyle)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p>${lead}</p>
<dl class="numbers">${numbers.map(([value, name]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
<nav aria-label="Contents"><ul>${sections.map((section, i) => html`<li><a href="#s${i}">${section.title}</a></li>`)}</ul></nav>
</header>
<main>${sections.map(formatSection)}</main>
</body>
</html>
`;
  return page.text;
}

function formatSection({ title, paragraphs, tables, figures, folded, content }: Section, index: number): Html {
  return html`
<section id="s${index}" aria-labelledby="h${index}">
<h2 id="h${index}">${title}</h2>
${(paragraphs ?? []).map((text) => html`<p>${text}</p>`)}
${content ?? ''}
${(tables ?? []).map(formatTable)}
${(figures ?? []).map(formatFigure)}
${(folded ?? []).map(formatFolded)}
</section>`;
}

/** The first column names the row. A wide table scrolls by itself, by keyboard too. */
function formatTable({ caption = '', heading, rows }: Table): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table><caption>${caption}</caption>
<thead><tr>${heading.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map(([name, ...cells]) => html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody></table></div>`;
}

function formatFigure({ caption, svg }: Figure): Html {
  return html`<figure>${new Html(svg)}<figcaption>${caption}</figcaption></figure>`;
}

function formatFolded({ caption, svg }: Figure): Html {
  return html`<details><summary>${caption}</summary>${new Html(svg)}</details>`;
}
