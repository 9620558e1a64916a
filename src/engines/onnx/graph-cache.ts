import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { env, InferenceSession } from 'onnxruntime-node';

/**
 * A session whose optimised graph is kept in `folder`: what onnxruntime works out at the start (folded constants, fused
 * operators) is read from there the next time. The key has all that the result depends on: the graph, the library's version,
 * the processor and the provider.
 */
export async function createCached(
  model: Uint8Array,
  options: InferenceSession.SessionOptions,
  folder: string,
): Promise<InferenceSession> {
  const key = JSON.stringify([env.versions, cpus()[0]?.model, options.executionProviders]);
  const path = join(folder, `${createHash('sha256').update(model).update(key).digest('hex')}.onnx`);
  if (existsSync(path)) {
    const optimised = readFileSync(path);
    return InferenceSession.create(optimised, { ...options, graphOptimizationLevel: 'disabled' });
  }
  mkdirSync(folder, { recursive: true });
  // Ranks may write at once, each under a name of its own; the last one to rename wins, all have the same bytes.
  const temporary = `${path}.${process.pid}.tmp`;
  const session = await InferenceSession.create(model, { ...options, optimizedModelFilePath: temporary });
  renameSync(temporary, path);
  return session;
}
