import { add, batchMatmul, cast, matmul, reshape, type Value } from '../onnx/index.js';

export const precisions = ['float32', 'mixed'] as const;
/** `mixed`: matrix products of float16 numbers, all else and what they give in float32. */
export type Precision = (typeof precisions)[number];

/** The matrix products of a network, which take nearly all of its time. */
export interface Products {
  /** [m, k] · [k, n], and the bias [n] added to each row. */
  matmul(a: Value, b: Value, bias?: Value): Value;
  /** [stack, m, k] · [stack, k, n] */
  batchMatmul(a: Value, b: Value): Value;
}

/**
 * In float16, truly: a CPU has no float16 products, and onnxruntime, which puts casts around each, takes those away that
 * follow one another, and the rounding with them. A reshape between casts, which costs nothing, keeps them.
 */
function half(x: Value): Value {
  return reshape(cast(x, 'float16'), x.shape);
}

function single(x: Value): Value {
  return cast(reshape(x, x.shape), 'float32');
}

/** Micikevicius et al., Mixed precision training (ICLR 2018), section 3: float16 operands, float32 master weights. */
export function productsIn(precision: Precision): Products {
  if (precision === 'float32') return { matmul: (a, b, bias) => matmul(a, b, {}, bias), batchMatmul };
  return {
    matmul: (a, b, bias) => {
      const product = single(matmul(half(a), half(b)));
      return bias ? add(product, bias) : product;
    },
    batchMatmul: (a, b) => single(batchMatmul(half(a), half(b))),
  };
}
