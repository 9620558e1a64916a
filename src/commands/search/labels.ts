import { labelOf } from '../../models/architectures.js';
import { type Configuration, networkOf } from './configuration.js';

/** What people read of trials. */
export interface Labels {
  /** In which all trials agree; '' where that is nothing. */
  readonly common: string;
  /** The rest: "mlp 64,32, 7³ → 16". */
  of(configuration: Configuration): string;
}

/** Of several trials that are shown together. */
export function labelsOf(configurations: readonly Configuration[]): Labels {
  const all = configurations.map(partsOf);
  const agrees = (i: number) => i > 0 && all.every((parts) => parts[i] === all[0][i]);
  return {
    common: all[0].filter((_, i) => agrees(i)).join(', '),
    of: (configuration) =>
      partsOf(configuration)
        .filter((_, i) => !agrees(i))
        .join(', '),
  };
}

/** The network comes first: a label is never empty. */
function partsOf(configuration: Configuration): string[] {
  const { blockSize, latentSize, loss, normalisation, lr } = configuration;
  return [labelOf(networkOf(configuration)), `${blockSize}³ → ${latentSize}`, loss, normalisation, `lr ${lr}`];
}
