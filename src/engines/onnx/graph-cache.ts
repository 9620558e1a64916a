import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { env, InferenceSession } from 'onnxruntime-node';

/**
 * A session whose optimised graph is kept in `folder`: what onnxruntime works out at the start (folded constants, fused
 * operators) is read from there the next time. The folder must be there. The key has all that the result depends on: the graph, the library's version,
 * the processor and the provider.
 */
export async function createCached(
  model: Uint8Array,
  options: InferenceSession.SessionOptions,
  folder: string,
): Promise<InferenceSession> {
  const key = JSON.stringify([env.versions, cpus()[0]?.model, options.executionProviders]);
  const path = join(folder, `${createHash('sha256').update(model).update(key).digest('hex')}.onnx`);
  const kept = existsSync(path) ? await open(readFileSync(path), options) : undefined;
  if (kept) return kept;
  // Ranks of several nodes may write at once, each under a name of its own; the last one to rename wins, all have the same bytes.
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const session = await InferenceSession.create(model, { ...options, optimizedModelFilePath: temporary });
    renameSync(temporary, path);
    return session;
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Undefined for a file that was cut short: it is made anew. */
async function open(
  optimised: Uint8Array,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession | undefined> {
  try {
    return await InferenceSession.create(optimised, { ...options, graphOptimizationLevel: 'disabled' });
  } catch {
    return undefined;
  }
}
