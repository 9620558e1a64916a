import type { Values } from '../../io/blocks.js';

/** Components xx, xy, xz, yy, yz, zz of a symmetric tensor, at the same points. */
export type SymmetricTensor = readonly Values[];

/**
 * What the conformal metric γ̃ and the trace-free extrinsic curvature Ã of the BSSN system must satisfy at every point, beside the
 * evolution: det γ̃ = 1 and γ̃^ij Ã_ij = 0 (T. W. Baumgarte and S. L. Shapiro, Numerical Relativity, 2010, section 11.5). γ̃^ij is
 * the inverse of γ̃, by cofactors. In float32 the rounding of the components alone is some 1e-7 of either.
 */
export function algebraicConstraints(
  metric: SymmetricTensor,
  curvature: SymmetricTensor,
): { determinant: Float64Array<ArrayBuffer>; trace: Float64Array<ArrayBuffer> } {
  const determinant = new Float64Array(metric[0].length);
  const trace = new Float64Array(metric[0].length);
  for (let i = 0; i < determinant.length; i++) {
    const [xx, xy, xz, yy, yz, zz] = metric.map((component) => component[i]);
    const [axx, axy, axz, ayy, ayz, azz] = curvature.map((component) => component[i]);
    const [cxx, cxy, cxz] = [yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy];
    const [cyy, cyz, czz] = [xx * zz - xz * xz, xy * xz - xx * yz, xx * yy - xy * xy];
    const det = xx * cxx + xy * cxy + xz * cxz;
    determinant[i] = det - 1;
    trace[i] = (cxx * axx + cyy * ayy + czz * azz + 2 * (cxy * axy + cxz * axz + cyz * ayz)) / det;
  }
  return { determinant, trace };
}
