import { readFileSync } from 'node:fs';
import { pageFile } from '../page-file.js';
import type { SampledVariable } from '../survey/survey-table.js';
import { nameOf } from './error-figures.js';
import { Html, html } from './html.js';
import type { Figure, Section } from './page.js';

/**
 * Blocks to choose from, and of each variable the worst one as a picture. Nothing where no block was sampled. `among`: for people, the
 * blocks that were looked at, where those were not all.
 */
export function sliceSections(sampled: readonly SampledVariable[], pictures: readonly Figure[], among = ''): Section[] {
  if (sampled.length === 0) return [];
  return [
    { title: 'Slices', content: sampledSlices(sampled, among) },
    {
      title: 'Worst blocks',
      paragraphs: [
        `Of each variable the block with the largest error${among}, in the plane of that error: x to the right, y upwards.`,
      ],
      folded: pictures,
    },
  ];
}

/** Sampled blocks to choose from, as src/page/sampled-slices.ts shows them; without scripts a line that says so. */
function sampledSlices(sampled: readonly SampledVariable[], among: string): Html {
  const data = sampled.map(({ file, variable, samples }) => ({
    file,
    variable: nameOf(variable),
    blocks: samples.map((sample, i) => ({
      name: `${sample.name}${i === 0 ? ' (largest error)' : ''}`,
      size: sample.blockSize,
      base: sample.base,
      values: sample.values,
      errors: sample.errors,
    })),
  }));
  const count = data.reduce((sum, { blocks }) => sum + blocks.length, 0);
  return html`
<p>${count.toLocaleString('en')} blocks are in this page: of each variable of a file the one with the largest error${among}, and others in equal steps.</p>
<style>${new Html(bundled('slice-view.css'))}</style>
<div id="sampled-slices"><p>Choosing among them needs JavaScript.</p></div>
<script type="application/json" id="samples">${new Html(JSON.stringify(data).replaceAll('<', '\\u003c'))}</script>
<script type="module">${new Html(bundled('sampled-slices.js').replaceAll(/<(?=\/script|!--)/gi, '\\x3c'))}</script>`;
}

/** As bundle.ts has made it. */
function bundled(name: string): string {
  return readFileSync(pageFile(name), 'utf8');
}
