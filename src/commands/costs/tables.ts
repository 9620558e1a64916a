import { formatTable } from '../table.js';
import { breakEvenBandwidth, type Coder, type Message, totalMicroseconds, transferMicroseconds } from './coder.js';
import type { Link } from './links.js';

/** Coders whose speeds come from one source. */
export interface Section {
  /** e.g. "A100 at its peak" */
  readonly title: string;
  /** How the speeds are known. */
  readonly notes: readonly string[];
  readonly coders: readonly Coder[];
}

export function describeSection({ title, notes, coders }: Section, links: readonly Link[], message: Message): string[] {
  return ['', title, ...notes, '', coderTable(coders, message), '', linkTable(coders, links, message)];
}

/** What the tables show, for programs: microseconds for a block by link, bandwidths in GB/s. */
export function resultOf(sections: readonly Section[], links: readonly Link[], message: Message) {
  const onLinks = (time: (link: Link) => number) => Object.fromEntries(links.map((link) => [link.name, time(link)]));
  return {
    message,
    links,
    rawMicroseconds: onLinks((link) => transferMicroseconds(link, message.rawBytes, message)),
    sections: sections.map(({ title, coders }) => ({
      title,
      coders: coders.map((coder) => ({
        ...coder,
        breakEvenBandwidth: breakEvenBandwidth(coder, message.rawBytes),
        totalMicroseconds: onLinks((link) => totalMicroseconds(coder, link, message)),
      })),
    })),
  };
}

export function nameOf({ architecture, precision }: Coder): string {
  return `${architecture} ${precision}`;
}

function coderTable(coders: readonly Coder[], message: Message): string {
  const rows = coders.map((coder) => [
    nameOf(coder),
    String(coder.sentBytes),
    `${(message.rawBytes / coder.sentBytes).toFixed(1)}`,
    short(coder.encodeMicroseconds),
    short(coder.decodeMicroseconds),
    formatBreakEven(breakEvenBandwidth(coder, message.rawBytes)),
  ]);
  return formatTable(['', 'sent [B]', 'ratio', 'encode [µs]', 'decode [µs]', 'pays below [GB/s]'], rows);
}

function formatBreakEven(bandwidth: number): string {
  return bandwidth > 0 ? short(bandwidth) : 'never';
}

/** Times of a block in microseconds; those shorter than raw are marked. */
function linkTable(coders: readonly Coder[], links: readonly Link[], message: Message): string {
  const raw = links.map((link) => transferMicroseconds(link, message.rawBytes, message));
  const rows = coders.map((coder) => [
    nameOf(coder),
    ...links.map((link, i) => {
      const total = totalMicroseconds(coder, link, message);
      return `${short(total)} ${total < raw[i] ? '✓' : ' '}`;
    }),
  ]);
  return formatTable(
    ['block [µs]', ...links.map(({ name }) => name)],
    [['raw', ...raw.map((t) => `${short(t)}  `)], ...rows],
  );
}

/** Three digits. */
function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
