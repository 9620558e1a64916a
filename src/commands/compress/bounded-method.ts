import type { Communicator } from '../../dist/communicator.js';
import { fractionOf } from '../../transform/encode.js';
import { requirePositive } from '../options.js';
import { createBoundedCodec, type Target } from './bounded-codec.js';
import { key, measureExtremes } from './extremes.js';
import type { Method } from './method.js';
import { octantSize, type Plan } from './plan.js';

export const boundModes = ['abs', 'range', 'block'] as const;
export type BoundMode = (typeof boundModes)[number];

export interface BoundOptions {
  readonly errorBound?: number | undefined;
  readonly boundMode?: BoundMode | undefined;
  readonly modelPath?: string | undefined;
  readonly targetPsnr?: number | undefined;
}

/** Grids that are no octants are cut into the largest blocks. */
const largestBlock = 8;

/** Records within a bound, or of a PSNR, or both. Needs no model. Throws UsageError where a number makes no sense. */
export function boundedMethod({ errorBound, boundMode = 'range', targetPsnr, modelPath }: BoundOptions): Method {
  if (errorBound !== undefined) requirePositive('error-bound', errorBound);
  if (targetPsnr !== undefined) requirePositive('target-psnr', targetPsnr);
  const asked = {
    ...(errorBound !== undefined && { errorBound, boundMode }),
    ...(targetPsnr !== undefined && { targetPsnr }),
  };
  return {
    blockSizeOf: ({ shape }) => octantSize(shape) ?? largestBlock,
    async prepare(communicator, plan) {
      const needsRanges = targetPsnr !== undefined || boundMode === 'range';
      const ranges = needsRanges ? await measureRanges(communicator, plan) : new Map<string, number>();
      return {
        identity: asked,
        coding: { kind: 'bounded', ...asked },
        model: undefined,
        codec: createBoundedCodec((file, path) => targetOf(asked, ranges.get(key(file, path)) ?? 0)),
        notes: modelPath === undefined ? [] : ['note: --model-path is not used: within a bound there is no model'],
      };
    },
  };
}

/** `range`: largest minus smallest of a variable's finite values. */
function targetOf({ errorBound, boundMode, targetPsnr }: Partial<BoundOptions>, range: number): Target {
  return {
    ...(errorBound !== undefined && {
      bound: boundMode === 'range' ? fractionOf(range, errorBound) : errorBound,
      isRelative: boundMode === 'block',
    }),
    ...(targetPsnr !== undefined && { rms: range * 10 ** (-targetPsnr / 20) }),
  };
}

/** The range of each variable, by `key`. A collective call. */
async function measureRanges(communicator: Communicator, plan: Plan): Promise<Map<string, number>> {
  const extremes = await measureExtremes(communicator, plan);
  return new Map(
    [...extremes].map(([name, [low, high]]) => [name, Math.max(0, Math.min(high - low, Number.MAX_VALUE))]),
  );
}
