/** Deterministic random numbers, the same on every machine and for any number of ranks. */
export interface Random {
  /** Uniform on [0, 1), 32 bits. */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
}

/**
 * A stream of its own for each key, e.g. (base seed, step, purpose). xoshiro128** (Blackman and Vigna, Scrambled linear
 * pseudorandom number generators, ACM TOMS 47, 2021), its state filled by the mixer of MurmurHash3 over the key.
 */
export function random(...key: readonly number[]): Random {
  const state = new Uint32Array(4);
  let hash = 0x9e3779b9;
  for (let i = 0; i < 4; i++) {
    for (const part of key) {
      hash = mix(hash ^ (part >>> 0));
      hash = mix((hash + Math.floor(part / 2 ** 32)) >>> 0);
    }
    hash = mix(hash + 0x9e3779b9);
    state[i] = hash;
  }
  let spare: number | undefined;
  const uniform = () => next(state) / 2 ** 32;
  return {
    uniform,
    /** Marsaglia's polar method. */
    normal() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      for (;;) {
        const u = 2 * uniform() - 1;
        const v = 2 * uniform() - 1;
        const r = u * u + v * v;
        if (r >= 1 || r === 0) continue;
        const factor = Math.sqrt((-2 * Math.log(r)) / r);
        spare = v * factor;
        return u * factor;
      }
    },
  };
}

/** A permutation of 0…length−1 (Fisher–Yates). */
export function permutation(length: number, source: Random): Uint32Array {
  const order = Uint32Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor(source.uniform() * (i + 1));
    const kept = order[i];
    order[i] = order[j];
    order[j] = kept;
  }
  return order;
}

function mix(value: number): number {
  let h = value >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function next(s: Uint32Array): number {
  const scaled = Math.imul(s[1], 5);
  const result = Math.imul((scaled << 7) | (scaled >>> 25), 9) >>> 0;
  const shifted = s[1] << 9;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= shifted;
  s[3] = (s[3] << 11) | (s[3] >>> 21);
  return result;
}
