import { createSession, type Resources, tensor } from '../../../engines/onnx/session.js';
import { clockFor, subject } from '../../../engines/throughput.js';
import { build, expand, input, slice } from '../../../onnx/index.js';
import { type OpenSubject, randomValues } from './setting.js';

/** Values of float32 that a run moves. */
export interface Copied {
  readonly toDevice: number;
  readonly fromDevice: number;
}

/** Moves as many values to a device and back, in one piece each way, and computes nothing; items are blocks. */
export async function openCopies(
  blocks: number,
  { toDevice, fromDevice }: Copied,
  resources: Resources,
): Promise<OpenSubject> {
  const x = input('x', 'float32', [toDevice]);
  const y = fromDevice <= toDevice ? slice(x, 0, 0, fromDevice) : expand(slice(x, 0, 0, 1), [fromDevice]);
  const session = await createSession(build({ inputs: { x }, outputs: { y } }, { name: 'copies' }), resources);
  const feeds = { x: tensor(randomValues(toDevice), [toDevice]) };
  const results = { y: tensor(new Float32Array(fromDevice), [fromDevice]) };
  return {
    ...subject(blocks, () => session.run(feeds, results), clockFor(resources.threads, resources.device)),
    release: () => session.release(),
  };
}
