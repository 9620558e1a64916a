import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Communicator } from '../../../dist/communicator.js';
import { onFirst } from '../../../dist/first-ranks.js';
import { median } from '../../../engines/throughput.js';
import { inSilence } from '../../../terminal.js';
import type { CompressOptions } from '../../compress/command.js';
import { runCompression } from '../../compress/compress.js';
import type { Outcome } from '../../compress/outcome.js';
import { slabBytes } from '../../compress/plan.js';
import { type CompressionWork, type Transfer, transferSeconds } from './predict.js';
import type { Scratch } from './scratch.js';

/** Of one rank or several. */
export interface Compressed {
  /** By the clock, a median over rounds. */
  readonly seconds: number;
  readonly dataBytes: number;
  /** Seconds of a rank for each byte of data. */
  readonly workPerByte: number;
  readonly writePerByte: number;
  /** Encoded bytes for each byte of data. */
  readonly encodedPerByte: number;
}

/** The first `ranks` ranks compress the first `files` files; rank 0 gets what it took. A collective call. */
export async function measureCompression(
  communicator: Communicator,
  ranks: number,
  { files, modelPath, folder }: Scratch,
  fileCount: number,
  { rounds, ...asked }: Pick<CompressOptions, 'threads' | 'device' | 'reconstruct'> & { readonly rounds: number },
): Promise<Compressed | undefined> {
  return onFirst(communicator, ranks, async (group) => {
    const outcomes: Outcome[] = [];
    for (let round = 0; round < rounds; round++) {
      const outputDir = group.rank === 0 ? mkdtempSync(join(folder, 'results-')) : '';
      const input = files.slice(0, fileCount);
      const outcome = await inSilence(() =>
        runCompression(group, { ...defaults, ...asked, input, modelPath, outputDir }),
      );
      if (!outcome) continue;
      outcome.folder.finish();
      outcomes.push(outcome);
      rmSync(outputDir, { recursive: true });
    }
    return outcomes.length === 0 ? undefined : summarise(outcomes);
  });
}

/** Of the options of `swae compress`. */
const defaults = {
  boundMode: undefined,
  check: true,
  dynamicScales: false,
  enableInt8: false,
  errorBound: undefined,
  force: false,
  latentsOnly: false,
  resume: false,
  targetPsnr: undefined,
  useFloat8: false,
  variables: undefined,
  writers: 1,
} as const satisfies Partial<CompressOptions>;

function summarise(outcomes: readonly Outcome[]): Compressed {
  const variables = outcomes[0].written.outcomes;
  const dataBytes = variables.reduce((sum, { rawBytes }) => sum + rawBytes, 0);
  const over = (value: (outcome: Outcome) => number) => median(outcomes.map(value));
  return {
    seconds: over(({ seconds }) => seconds),
    dataBytes,
    workPerByte: over(({ stages: { read, encode, decode, measure } }) => read + encode + decode + measure) / dataBytes,
    writePerByte: over(({ stages }) => stages.write) / dataBytes,
    encodedPerByte: variables.reduce((sum, { storedBytes }) => sum + storedBytes, 0) / dataBytes,
  };
}

/** How results come to be written. */
export interface Gathering {
  readonly ranks: number;
  /** Ranks that write, each what some of them make. */
  readonly writers?: number;
  /** Bytes that travel for each byte of data: 1 with a reconstruction, beside which latents are few. */
  readonly sentPerByte?: number;
}

/** What `dataBytes` will cost, by what a byte has cost on the base. */
export function workOf(
  { workPerByte, writePerByte }: Pick<Compressed, 'workPerByte' | 'writePerByte'>,
  dataBytes: number,
  { ranks, writers = 1, sentPerByte = 1 }: Gathering,
  message: Transfer | undefined,
): CompressionWork {
  const travelling = gatheredBytes(dataBytes, ranks, writers);
  const messages = Math.ceil(travelling / slabBytes);
  return {
    work: workPerByte * dataBytes,
    write: writePerByte * dataBytes,
    gather: message ? transferSeconds(message, messages, sentPerByte * travelling) : 0,
  };
}

/** Bytes of which the writing ranks take the results from others. */
function gatheredBytes(dataBytes: number, ranks: number, writers: number): number {
  return (dataBytes * (ranks - writers)) / ranks;
}
