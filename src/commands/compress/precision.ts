/** In which numbers a model's networks and latents are. */
import type { Options } from 'yargs';
import type { Communicator } from '../../dist/communicator.js';
import { calibrate, codingErrors } from '../../engines/onnx/calibration.js';
import type { Resources } from '../../engines/onnx/session.js';
import { encodingSpeedup } from '../../engines/onnx/speedup.js';
import type { Quantised } from '../../models/quantise.js';
import type { Model } from '../../models/swae.js';
import { sampleBlocks } from './calibration-sample.js';
import type { Plan } from './plan.js';

export const precisionOptions = {
  'use-float8': {
    type: 'boolean',
    default: false,
    describe: 'networks and latents in E4M3FN floats; a latent takes one byte (products are emulated, on every device)',
  },
  'enable-int8': {
    type: 'boolean',
    default: false,
    describe: 'networks and latents in int8 (to compress: where that is faster); a latent takes one byte',
  },
  'dynamic-scales': {
    type: 'boolean',
    default: false,
    describe: 'int8: scales of activations from each batch, not calibrated on a sample of the blocks',
  },
  'latents-only': {
    type: 'boolean',
    default: false,
    describe: 'float8 or int8 latents of float32 networks',
  },
} as const satisfies Record<string, Options>;

export interface PrecisionOptions {
  readonly useFloat8: boolean;
  readonly enableInt8: boolean;
  readonly dynamicScales: boolean;
  readonly latentsOnly: boolean;
  readonly force: boolean;
}

export interface ChosenPrecision {
  /** Undefined: float32. */
  readonly quantised: Quantised | undefined;
  /** For people. */
  readonly notes: readonly string[];
}

const emulation =
  'note: float8 products are emulated: numbers are rounded to float8 and multiplied in float32, which is slower than float32 alone; --latents-only keeps the networks in float32';

const float32 = (note: string): ChosenPrecision => ({ quantised: undefined, notes: [`note: ${note}`] });

/**
 * What the user asked for; float32 instead of an int8 that is slower on the first rank's machine, unless it is forced or an
 * earlier start has decided. A collective call.
 */
export async function choosePrecision(
  communicator: Communicator,
  options: PrecisionOptions,
  model: Model,
  plan: Plan,
  resources: Resources,
  earlier: unknown,
): Promise<ChosenPrecision> {
  if (!options.useFloat8 && !options.enableInt8) return { quantised: undefined, notes: [] };
  const chosen = communicator.rank === 0 ? await decide(options, model, plan, resources, earlier) : undefined;
  const [shared] = communicator.allgather(Buffer.from(chosen ? JSON.stringify(chosen) : ''));
  return JSON.parse(Buffer.from(shared).toString());
}

async function decide(
  { useFloat8, dynamicScales, latentsOnly, force }: PrecisionOptions,
  model: Model,
  plan: Plan,
  resources: Resources,
  earlier: unknown,
): Promise<ChosenPrecision> {
  const { threads } = resources;
  if (earlier === 'float32') return float32('float32 networks, as at the first start');
  const values = await sampleBlocks(model, plan, threads);
  if (values.length === 0) return float32('float32 networks: there is no block to calibrate eight bits on');
  const calibration = await calibrate(model, values, { threads });
  const precision = useFloat8 ? 'float8' : dynamicScales ? 'int8-dynamic' : 'int8';
  const quantised: Quantised = { precision, calibration, latentsOnly };
  const loss = await describeLoss(model, values, quantised, threads);
  if (useFloat8 || latentsOnly || force || earlier !== undefined)
    return { quantised, notes: useFloat8 && !latentsOnly ? [loss, emulation] : [loss] };
  const speedup = await encodingSpeedup(model, quantised, resources);
  if (speedup >= 1)
    return { quantised, notes: [loss, `${precision} encodes ${speedup.toFixed(1)} times as fast as float32 here`] };
  return float32(
    `float32 networks: on this machine ${precision} encodes at ${speedup.toFixed(2)} times the speed of float32 (--force takes it all the same, --latents-only its latents)`,
  );
}

/** What the eight bits cost, on the blocks of the calibration. */
async function describeLoss(
  model: Model,
  values: Float32Array,
  quantised: Quantised,
  threads: number,
): Promise<string> {
  const decibels = async (precision?: Quantised) => {
    const errors = await codingErrors(model, values, { threads, quantised: precision });
    return -10 * Math.log10(errors.reduce((sum, error) => sum + error, 0) / errors.length);
  };
  const [before, after] = [await decibels(), await decibels(quantised)];
  const name = precisionName({ quantised });
  return `${name}: PSNR ${after.toFixed(1)} dB in normalised scale on a sample of the blocks, ${before.toFixed(1)} dB in float32`;
}

/** What a resumed run needs to know. */
export function precisionName({ quantised }: Pick<ChosenPrecision, 'quantised'>): string {
  return quantised ? `${quantised.precision}${quantised.latentsOnly ? ' latents' : ''}` : 'float32';
}
