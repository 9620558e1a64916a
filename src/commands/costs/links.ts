import { UsageError } from '../../errors.js';

export interface Link {
  readonly name: string;
  /** GB/s: 10⁹ bytes. */
  readonly bandwidth: number;
  readonly latencyMicroseconds: number;
}

/** Those of the original page, with its bandwidths; it has no latencies. */
export const originalLinks: readonly Link[] = [
  { name: 'NVLink 3', bandwidth: 100, latencyMicroseconds: 0 },
  { name: 'NVLink 4', bandwidth: 200, latencyMicroseconds: 0 },
  { name: 'PCIe 4x16', bandwidth: 32, latencyMicroseconds: 0 },
  { name: 'IB 200 Gb', bandwidth: 25, latencyMicroseconds: 0 },
  { name: 'Eth 40 Gb', bandwidth: 5, latencyMicroseconds: 0 },
  { name: 'Eth 10 Gb', bandwidth: 1.25, latencyMicroseconds: 0 },
  { name: 'Eth 1 Gb', bandwidth: 0.125, latencyMicroseconds: 0 },
];

/** "NAME=GB/s" or "NAME=GB/s,µs" of every link. Throws UsageError where one is neither, or has the name of another. */
export function parseLinks(texts: readonly string[]): Link[] {
  const links = texts.map(parseLink);
  for (const [i, { name }] of links.entries())
    if (links.findIndex((other) => other.name === name) < i) throw new UsageError(`--link: "${name}" is given twice`);
  return links;
}

function parseLink(text: string): Link {
  const [, name, bandwidth, latency] = /^([^=]+)=([^=,]+)(?:,([^=,]+))?$/.exec(text) ?? [];
  const link = { name: name?.trim(), bandwidth: Number(bandwidth), latencyMicroseconds: Number(latency ?? 0) };
  const isValid = link.bandwidth > 0 && link.latencyMicroseconds >= 0;
  if (!link.name || !isValid || !Number.isFinite(link.bandwidth + link.latencyMicroseconds))
    throw new UsageError(`--link "${text}": expected NAME=GB/s or NAME=GB/s,µs, e.g. lab=25,1.5`);
  return link;
}
