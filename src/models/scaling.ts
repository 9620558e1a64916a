import type { Transform } from './normalise.js';

/** The transform of each variable of an `adaptive` model, by the last name of its path. */
export type Scaling = ReadonlyMap<string, Transform>;

/** The last name of a variable's path: a run may have it in another group. */
export function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Undefined for a variable that the model does not know. */
export function transformOf(scaling: Scaling, path: string): Transform | undefined {
  return scaling.get(lastName(path));
}

/** Σ(x − mean)³/n / (Σ(x − mean)²/n)^(3/2): 0 where values lie evenly about their mean. They must not all be equal. */
export function skewness(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  let cubes = 0;
  for (const value of values) {
    const difference = value - mean;
    squares += difference ** 2;
    cubes += difference ** 3;
  }
  return (Math.sqrt(values.length) * cubes) / squares ** 1.5;
}

/** "logarithmic: U_CHI U_ALPHA; linear: U_K" */
export function describeScaling(scaling: Scaling): string {
  const namesOf = (transform: Transform) => [...scaling].filter(([, of]) => of === transform).map(([name]) => name);
  return `logarithmic: ${namesOf('pos_log').join(' ') || 'none'}; linear: ${namesOf('minmax').join(' ') || 'none'}`;
}
