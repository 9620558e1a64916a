import { colours, draw, Plot } from './draw.js';

/** Counts of one latent in equal intervals. */
export interface LatentCounts {
  readonly counts: readonly number[];
}

const priorPoints = 161;

/** A line for each latent, their mean, and the prior that training pulls them to: the standard normal distribution. */
export function drawLatents(title: string, edges: readonly number[], latents: readonly LatentCounts[]): string {
  const width = edges[1] - edges[0];
  const densities = latents.map(({ counts }) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count) => count / Math.max(1, total) / width);
  });
  const lines = densities.flatMap((own, latent) =>
    own.map((density, i) => ({ latent, x: edges[i] + width / 2, density })),
  );
  const mean = edges.slice(0, -1).map((from, i) => ({
    from,
    to: from + width,
    density: densities.reduce((sum, own) => sum + own[i], 0) / Math.max(1, densities.length),
  }));
  const [first, last] = [edges[0], edges.at(-1)!];
  const prior = Array.from({ length: priorPoints }, (_, i) => {
    const x = first + (i / (priorPoints - 1)) * (last - first);
    return { x, density: Math.exp(-(x ** 2) / 2) / Math.sqrt(2 * Math.PI) };
  });
  const legend = [
    ['prior N(0, 1)', colours.orange],
    ['all latents', colours.blue],
    ['each latent', colours.grey],
  ] as const;
  return draw(title, {
    width: 720,
    height: 320,
    marginLeft: 48,
    marginTop: 40,
    marginBottom: 40,
    x: { label: 'latent', domain: [first, last] },
    y: { label: 'density', nice: true },
    marks: [
      Plot.gridY({ strokeOpacity: 0.12 }),
      Plot.rect(mean, {
        x1: 'from',
        x2: 'to',
        y1: 0,
        y2: 'density',
        fill: colours.blue,
        fillOpacity: 0.55,
        inset: 0.25,
      }),
      Plot.lineY(lines, {
        x: 'x',
        y: 'density',
        z: 'latent',
        stroke: colours.grey,
        strokeWidth: 0.8,
        strokeOpacity: 0.8,
      }),
      Plot.lineY(prior, { x: 'x', y: 'density', stroke: colours.orange, strokeWidth: 2 }),
      Plot.ruleY([0], { strokeOpacity: 0.4 }),
      ...legend.map(([name, fill], i) =>
        Plot.text([name], {
          frameAnchor: 'top-right',
          dx: -6,
          dy: 8 + 16 * i,
          textAnchor: 'end',
          text: [name],
          fill,
          fontWeight: 600,
        }),
      ),
    ],
  });
}
