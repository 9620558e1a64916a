import { drawCurves, type Mark } from '../../plots/curves.js';
import { type Panel, stack, standalone } from '../../plots/draw.js';
import { formatBytes } from '../progress.js';
import type { Projection } from './tables.js';

/** Below one another: a step with as many blocks for each rank, and a compression by the least number of writing ranks. */
export function drawProjections(title: string, projections: readonly Projection[], dataBytes: number): string {
  const panels = [
    panel(
      'Training step',
      'the same number of blocks for each rank; ○ another bottleneck from here on',
      projections,
      ({ train }) => train.filter(({ scaling }) => scaling === 'weak'),
    ),
    panel(
      `Compression of ${formatBytes(dataBytes)}`,
      '○ another bottleneck from here on',
      projections,
      ({ compress }) => compress.filter(({ writers }) => writers === compress[0].writers),
    ),
  ];
  return standalone(stack(`Projected: ${title}`, panels));
}

interface Place {
  readonly ranks: number;
  readonly seconds: number;
  readonly bottleneck: string;
}

function panel(
  title: string,
  note: string,
  projections: readonly Projection[],
  placesOf: (projection: Projection) => readonly Place[],
): Panel {
  const named = new Set<string>();
  // Where lines lie together, a name once is enough.
  const nameOnce = (ranks: number, bottleneck: string) => {
    const isNew = !named.has(`${ranks} ${bottleneck}`);
    named.add(`${ranks} ${bottleneck}`);
    return isNew ? bottleneck : '';
  };
  const curves = projections.map((projection) => {
    const places = placesOf(projection);
    return {
      name: projection.network.name,
      points: places.map(({ ranks, seconds }) => [ranks, seconds] as const),
      marks: places.flatMap(({ ranks, seconds, bottleneck }, i): Mark[] =>
        i > 0 && bottleneck !== places[i - 1].bottleneck
          ? [{ x: ranks, y: seconds, text: nameOnce(ranks, bottleneck) }]
          : [],
      ),
    };
  });
  return { title, note, svg: drawCurves(title, { x: 'ranks', isLogarithmic: true, y: 'time [s]' }, curves) };
}
