/**
 * Convolutions on small cubic grids as what they are: lists of which input position reaches which output position through
 * which tap of the kernel. Positions and taps are numbered z, y, x with x fastest.
 */

/** One product of a convolution: input position times tap. */
export interface Term {
  readonly input: number;
  readonly tap: number;
}

/** For each output position, its terms. */
export type Terms = readonly (readonly Term[])[];

export interface Kernel {
  /** Side of the input grid. */
  readonly size: number;
  /** Side of the kernel. */
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

/** Side of the output grid of a convolution: ⌊(size + 2·padding − kernel) / stride⌋ + 1. */
export function convolvedSize({ size, kernel, stride, padding }: Kernel): number {
  return Math.floor((size + 2 * padding - kernel) / stride) + 1;
}

/** Side of the output grid of a transposed convolution: (size − 1)·stride + kernel − 2·padding. */
export function transposedSize({ size, kernel, stride, padding }: Kernel): number {
  return (size - 1) * stride + kernel - 2 * padding;
}

/** Output o takes input o·stride + t − padding through tap t, on each axis. Of all outputs, or of those at `outputs`. */
export function convolutionTerms(shape: Kernel, outputs?: readonly number[]): Terms {
  return cubicTerms(shape, convolutionAxis(shape), outputs);
}

/** Output o takes input i through tap t where o = i·stride + t − padding, on each axis. Of all outputs, or of those at `outputs`. */
export function transposedTerms(shape: Kernel, outputs?: readonly number[]): Terms {
  return cubicTerms(shape, transposedAxis(shape), outputs);
}

/** As `convolutionTerms`, of one axis: a position of the cube has the products of three. */
export function convolutionAxis(shape: Kernel): Terms {
  return axisTerms(shape, convolvedSize(shape), (out, tap) => out * shape.stride + tap - shape.padding);
}

/** As `transposedTerms`, of one axis. */
export function transposedAxis(shape: Kernel): Terms {
  return axisTerms(shape, transposedSize(shape), (out, tap) => (out - tap + shape.padding) / shape.stride);
}

/** Positions of the central cube of side `to` in one of side `from`, the odd plane before it. */
export function croppedPositions(from: number, to: number): number[] {
  const start = Math.floor((from - to) / 2);
  return positions(to).map((position) => {
    const [z, y, x] = coordinates(position, to);
    return ((z + start) * from + y + start) * from + x + start;
  });
}

/** An input outside of the grid, or between its positions, gives no term. */
function axisTerms({ size, kernel }: Kernel, outSize: number, inputAt: (out: number, tap: number) => number): Terms {
  return Array.from({ length: outSize }, (_, out) =>
    Array.from({ length: kernel }, (_, tap): Term => ({ input: inputAt(out, tap), tap })).filter(
      ({ input }) => Number.isInteger(input) && input >= 0 && input < size,
    ),
  );
}

function cubicTerms({ size, kernel }: Kernel, axis: Terms, outputs = positions(axis.length)): Terms {
  return outputs.map((output) => {
    const [z, y, x] = coordinates(output, axis.length);
    return axis[z].flatMap((a) =>
      axis[y].flatMap((b) =>
        axis[x].map((c) => ({
          input: (a.input * size + b.input) * size + c.input,
          tap: (a.tap * kernel + b.tap) * kernel + c.tap,
        })),
      ),
    );
  });
}

/** Of a cube. */
function positions(side: number): readonly number[] {
  return Array.from({ length: side ** 3 }, (_, position) => position);
}

function coordinates(position: number, side: number): [z: number, y: number, x: number] {
  return [Math.floor(position / side ** 2), Math.floor(position / side) % side, position % side];
}
