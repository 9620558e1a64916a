import { type MatrixShape, type Orthogonalise, orthogonaliseGraph } from '../../models/muon.js';
import { createSession, type Session, type SessionOptions, tensor } from './session.js';

export interface Orthogonaliser {
  readonly orthogonalise: Orthogonalise;
  release(): Promise<void>;
}

/** For matrices of these shapes. */
export async function createOrthogonaliser(
  shapes: readonly MatrixShape[],
  options: SessionOptions,
): Promise<Orthogonaliser> {
  const sessions = new Map<string, Session>();
  for (const shape of shapes) sessions.set(shape.join(), await createSession(orthogonaliseGraph(shape), options));
  return {
    async orthogonalise(matrices) {
      const made: Float32Array[] = [];
      for (const { values, shape } of matrices) {
        const { orthogonal } = await sessions.get(shape.join())!.run({ gradient: tensor(values, shape) });
        made.push(orthogonal.data as Float32Array);
      }
      return made;
    },
    async release() {
      for (const session of sessions.values()) await session.release();
    },
  };
}
