import { architecture, architectureNames } from '../../models/architectures.js';
import { initialParameters, parameterLayout } from '../../models/parameters.js';
import { type Conditions, measureSpeed } from '../coding-speed.js';
import type { Coder } from './coder.js';
import { scaleBytes } from './peak.js';

export interface CoderConditions extends Conditions {
  readonly blockSize: number;
  readonly latentSize: number;
}

const latentBytes = Float32Array.BYTES_PER_ELEMENT;

/** Every architecture, as it runs here. */
export async function measureCoders(conditions: CoderConditions): Promise<Coder[]> {
  const coders: Coder[] = [];
  for (const name of architectureNames) coders.push(await measureCoder(name, conditions));
  return coders;
}

/** Speed does not depend on the values of the parameters: they are those that a training starts with. */
async function measureCoder(name: string, conditions: CoderConditions): Promise<Coder> {
  const { blockSize, latentSize, type } = conditions;
  const network = architecture(name, blockSize, latentSize);
  const parameters = initialParameters(parameterLayout(network), 1);
  const speed = await measureSpeed({ architecture: network, normalisation: 'pos_log', parameters }, conditions);
  return {
    architecture: name,
    precision: 'float32',
    encodeMicroseconds: 1e6 / speed.encode,
    decodeMicroseconds: 1e6 / speed.decode,
    sentBytes: latentSize * latentBytes + scaleBytes(type === 'float64' ? 8 : 4),
  };
}
