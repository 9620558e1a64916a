/** What onnxruntime needs for a GPU of NVIDIA's beside its npm package, and which of it is missing. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';

const { resolve } = createRequire(import.meta.url);

/** Where onnxruntime looks for its providers. */
export const providerFolder = join(
  dirname(resolve('onnxruntime-node/package.json')),
  'bin/napi-v6',
  process.platform,
  process.arch,
);

const providers = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'].map((name) =>
  join(providerFolder, name),
);

export const libraryHint =
  "CUDA and cuDNN 9 of the version in the library's name: by the site's modules, or ./launch.sh setup --cuda (docs/cluster.md)";

/** In words for the user. */
export interface Problem {
  readonly reason: string;
  readonly hint: string;
}

/** Why the CUDA provider cannot be loaded; undefined where it is there and finds its libraries. */
export function findCudaProblem(): Problem | undefined {
  const missing = providers.find((path) => !existsSync(path));
  if (missing !== undefined)
    return { reason: `there is no ${missing}`, hint: 'To install it: ./launch.sh setup --cuda' };
  const failure = loadFailure(providers[1]);
  return failure === undefined ? undefined : { reason: failure, hint: adviseOn(failure) };
}

/** What the dynamic linker says. */
function loadFailure(path: string): string | undefined {
  try {
    process.dlopen({ exports: {} }, path, constants.dlopen.RTLD_LAZY);
  } catch (error) {
    // Node's words for a library that was loaded, and is no module of its own.
    const { message } = error as Error;
    return message.includes('did not self-register') ? undefined : message;
  }
  return undefined;
}

function adviseOn(failure: string): string {
  return failure.startsWith('libcuda.so')
    ? "It belongs to NVIDIA's driver: this node has no GPU, or a container hides it"
    : libraryHint;
}
