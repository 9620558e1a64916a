import type { Architecture } from '../../src/models/architectures.js';
import { initialParameters, parameterLayout } from '../../src/models/parameters.js';
import { random } from '../../src/models/random.js';

/** Initial parameters with biases, shifts and running means that are not 0, as in a trained model. */
export function biasedParameters(network: Architecture, seed: number): Float32Array<ArrayBuffer> {
  const layout = parameterLayout(network);
  const parameters = initialParameters(layout, seed);
  const source = random(seed);
  for (const { name, offset, length } of layout.entries)
    if (/\.(bias|shift|running_mean)$/.test(name))
      for (let i = 0; i < length; i++) parameters[offset + i] = 0.2 * source.normal();
  return parameters;
}
