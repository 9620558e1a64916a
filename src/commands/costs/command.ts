import { cpus } from 'node:os';
import type { Argv } from 'yargs';
import { largestBatch } from '../../engines/onnx/codec.js';
import { nameOf } from '../../engines/onnx/device.js';
import type { Resources } from '../../engines/onnx/session.js';
import { writeFileAtomic } from '../../io/atomic-file.js';
import { architectureOptions } from '../architecture-options.js';
import { printingCommand, type Result } from '../command-module.js';
import {
  deviceOption,
  optionalDeviceOption,
  requireSvg,
  requireWhole,
  resolveResources,
  threadsOption,
} from '../options.js';
import type { Message } from './coder.js';
import { type Link, originalLinks, parseLinks } from './links.js';
import { measureCoders } from './measured.js';
import { describeOriginal } from './original.js';
import { peakCoders } from './peak.js';
import { describeSection, resultOf, type Section } from './tables.js';

function options(parser: Argv) {
  return parser
    .option('block-size', { ...architectureOptions['block-size'], default: 5 })
    .option('latent-size', { ...architectureOptions['latent-size'], default: 16 })
    .option('dtype', {
      choices: ['float32', 'float64'] as const,
      default: 'float32' as const,
      describe: 'of the data',
    })
    .option('link', {
      type: 'string',
      array: true,
      describe: 'NAME=GB/s,µs (bandwidth, latency of a message): in place of the links of the original page',
    })
    .option('message-blocks', { type: 'number', default: 1, describe: 'blocks of a message: they share its latency' })
    .option('measured', {
      type: 'boolean',
      describe: 'time encoder and decoder of every architecture on this machine too; some seconds',
    })
    .option('threads', { ...threadsOption, implies: 'measured' })
    .option('device', { ...optionalDeviceOption, defaultDescription: deviceOption.default, implies: 'measured' })
    .option('output', {
      type: 'string',
      describe: 'SVG file to draw it in: time by bandwidth, and how much faster on each link',
    })
    .example('$0 costs', 'the table of the original page, what is wrong with it, and an A100 at its peak')
    .example('$0 costs --measured --threads 1 --output costs.svg', 'and this machine, with a picture')
    .example('$0 costs --link lab=2.5,1.8 --message-blocks 512', 'a link as `swae bench mpi` measures it')
    .epilogue(
      'Raw: latency / blocks + raw bytes / bandwidth. Compressed: encode + latency / blocks + sent bytes / bandwidth + decode, one after the other. Sent are the latents and two values (minimum, range) for each block. Compressing pays on links slower than (raw − sent bytes) / (encode + decode).',
    );
}

type CostsOptions = Awaited<ReturnType<typeof options>['argv']>;

export const costsCommand = printingCommand(
  'costs',
  'does compressing pay on a link? Times with and without, and where they break even',
  options,
  describeCosts,
);

async function describeCosts(parsed: CostsOptions): Promise<Result> {
  const { blockSize, latentSize, dtype, link, messageBlocks, output } = parsed;
  requireWhole('latent-size', latentSize, 1);
  requireWhole('message-blocks', messageBlocks, 1);
  if (output !== undefined) requireSvg(output);
  const links = link === undefined ? originalLinks : parseLinks(link);
  const valueBytes = dtype === 'float64' ? 8 : 4;
  const message = { rawBytes: blockSize ** 3 * valueBytes, blocks: messageBlocks };
  const sections = [peakSection(parsed, valueBytes), ...(parsed.measured ? [await measuredSection(parsed)] : [])];
  const title = describeTask(parsed, message);
  if (output !== undefined) {
    const { drawCosts } = await import('./plot.js');
    writeFileAtomic(output, [Buffer.from(drawCosts(title, sections, links, message))]);
  }
  const isOfPage = link === undefined && blockSize === 5 && latentSize === 16 && dtype === 'float32';
  const lines = [
    ...(isOfPage ? [...describeOriginal(), ''] : []),
    title,
    ...describeLatency(links, message),
    ...sections.flatMap((section) => describeSection(section, links, message)),
    '',
    '✓ faster than raw.',
    ...(output === undefined ? [] : [`${output}: written`]),
  ];
  return { result: resultOf(sections, links, message), lines };
}

function describeTask({ blockSize, latentSize, dtype }: CostsOptions, { rawBytes }: Message): string {
  return `A block of ${blockSize}³ ${dtype} (${rawBytes} B) to ${latentSize} latents, minimum and range`;
}

function describeLatency(links: readonly Link[], { blocks }: Message): string[] {
  const latent = links.filter(({ latencyMicroseconds }) => latencyMicroseconds > 0);
  if (latent.length === 0) return ['Links by their nominal bandwidth, without latency.'];
  const list = latent.map(({ name, latencyMicroseconds }) => `${name} ${latencyMicroseconds} µs`).join(', ');
  return [`Latency of a message of ${blocks} block(s): ${list}.`];
}

function peakSection({ blockSize, latentSize }: CostsOptions, valueBytes: number): Section {
  return {
    title: 'A100 at its peak',
    notes: [
      'FLOPs of the networks as they run here (swae flops: "lowered") at 19.5 TFLOP/s in float32, 280 in float8 (the original\'s figure; an',
      'A100 has no float8), 312 in int8, and a copy of the block on each side at 1.6 TB/s. No program comes near.',
    ],
    coders: peakCoders(blockSize, latentSize, valueBytes),
  };
}

async function measuredSection({ blockSize, latentSize, dtype, ...asked }: CostsOptions): Promise<Section> {
  const { threads, device = deviceOption.default } = asked;
  const resources = resolveResources({ threads, device }, { localRank: 0, localSize: 1 });
  return {
    title: `Measured on ${describeDevice(resources)}`,
    notes: [`Normalisation included, in batches of ${largestBatch(resources)} blocks; the best of several rounds.`],
    coders: await measureCoders({ blockSize, latentSize, type: dtype, ...resources }),
  };
}

function describeDevice({ device, threads }: Required<Resources>): string {
  const processor = `${cpus()[0]?.model.trim()}, ${threads} thread(s)`;
  return device.kind === 'cpu' ? processor : `${nameOf(device)} beside ${processor}`;
}
