import { type Panel, stack, standalone } from '../../plots/draw.js';
import { drawRatioMap } from '../../plots/ratio-map.js';
import { drawTimeByBandwidth } from '../../plots/time-by-bandwidth.js';
import {
  breakEvenBandwidth,
  type Coder,
  computeMicroseconds,
  type Message,
  totalMicroseconds,
  transferMicroseconds,
} from './coder.js';
import type { Link } from './links.js';
import { nameOf, type Section } from './tables.js';

const dashesOf: Readonly<Record<string, string>> = { float8: '7 4', int8: '2 3' };

/** Below one another: for each section the time of a block by bandwidth, then on each link how much faster than raw. */
export function drawCosts(
  title: string,
  sections: readonly Section[],
  links: readonly Link[],
  message: Message,
): string {
  const panels = [
    ...sections.map((section) => timePanel(section, links, message.rawBytes)),
    ...sections.map((section) => speedPanel(section, links, message)),
  ];
  return standalone(stack(`Does compressing pay on a link? ${title}`, panels));
}

/** Transfer alone: latencies differ by link and shift all times alike. */
function timePanel({ title, coders }: Section, links: readonly Link[], rawBytes: number): Panel {
  const curves = coders.map((coder) => {
    const even = breakEvenBandwidth(coder, rawBytes);
    return {
      name: nameOf(coder),
      kind: coder.architecture,
      dashes: dashesOf[coder.precision],
      time: (bandwidth: number) => computeMicroseconds(coder) + coder.sentBytes / (1e3 * bandwidth),
      marked: even > 0 ? even : undefined,
    };
  });
  const raw = { name: 'raw', kind: 'raw', time: (bandwidth: number) => rawBytes / (1e3 * bandwidth) };
  return {
    title,
    note: 'µs for a block by bandwidth, without latency; encode, transfer and decode follow one another; ○ breaks even',
    svg: drawTimeByBandwidth(title, [raw, ...curves], links),
  };
}

function speedPanel({ title, coders }: Section, links: readonly Link[], message: Message): Panel {
  const speed = (coder: Coder, link: Link) =>
    transferMicroseconds(link, message.rawBytes, message) / totalMicroseconds(coder, link, message);
  const cells = coders.flatMap((coder) =>
    links.map((link) => ({ row: nameOf(coder), column: link.name, ratio: speed(coder, link) })),
  );
  return {
    title: `How many times as fast as raw: ${title}`,
    note: 'with the latency of the links',
    svg: drawRatioMap(title, cells),
  };
}
