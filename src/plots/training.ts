import { colours, draw, Plot } from './draw.js';
import { powerOfTen, wholePowers } from './powers.js';

/** A quantity over the steps of a training. */
export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [step: number, value: number])[];
}

const palette = [colours.blue, colours.orange, colours.green, colours.pink];

/** Positive values over steps, on a logarithmic axis; the name of each curve stands above the frame, in its colour. */
export function drawTrainingCurves(title: string, axis: string, curves: readonly Curve[]): string {
  const names = curves.map(({ name }) => name);
  const points = curves.flatMap(({ name, points: own }) =>
    own.filter(([, value]) => value > 0).map(([step, value]) => ({ name, step, value })),
  );
  const single = curves.flatMap(({ name, points: own }) =>
    own.length === 1 ? [{ name, step: own[0][0], value: own[0][1] }] : [],
  );
  const powers = wholePowers(points.map(({ value }) => value));
  return draw(title, {
    width: 720,
    height: 320,
    marginLeft: 64,
    marginTop: 44,
    marginBottom: 40,
    x: { label: 'step', domain: [0, Math.max(1, ...points.map(({ step }) => step))] },
    y: { type: 'log', label: axis, tickFormat: powerOfTen, ...powers },
    color: { domain: names, range: palette.slice(0, Math.max(1, names.length)) },
    marks: [
      Plot.gridY(powers.ticks, { strokeOpacity: 0.12 }),
      Plot.ruleX([0], { strokeOpacity: 0.4 }),
      Plot.lineY(points, { x: 'step', y: 'value', stroke: 'name', strokeWidth: 1.6 }),
      Plot.dot(single, { x: 'step', y: 'value', stroke: 'name', fill: 'name', r: 3 }),
      ...names.map((name, i) =>
        Plot.text([name], {
          frameAnchor: 'top-right',
          dx: -170 * (names.length - 1 - i),
          dy: -24,
          textAnchor: 'end',
          text: [`— ${name}`],
          fill: palette[i],
          fontWeight: 600,
        }),
      ),
    ],
  });
}
