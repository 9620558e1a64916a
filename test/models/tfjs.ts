import { register } from 'node:module';
import { loadTensorflow as loadNative } from '../../src/engines/tensorflow/load.js';

/**
 * tfjs-core under Node has no gradients: they are in modules that only bundlers resolve, being imported without ".js".
 * This hook completes those names; the registry that they fill is shared by all copies of the library.
 */
const hook = `
export async function resolve(name, context, next) {
  const bare = name.startsWith('.') && context.parentURL?.includes('/tfjs-core/dist/') && !name.endsWith('.js');
  return next(bare ? name + '.js' : name, context);
}`;

/**
 * TensorFlow.js with gradients, on its plain JavaScript backend; with SWAE_TEST_TENSORFLOW=native the package that `--engine tensorflow` runs on,
 * which must be installed.
 */
export async function loadTensorflow(): Promise<typeof import('@tensorflow/tfjs-core')> {
  if (process.env.SWAE_TEST_TENSORFLOW === 'native') return loadNative(1);
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
  const tensorflow = await import('@tensorflow/tfjs-core');
  // Else it recommends tfjs-node on standard error.
  tensorflow.env().set('IS_TEST', true);
  await import('@tensorflow/tfjs-backend-cpu');
  // Without types: it is not meant to be imported by name.
  await import(`@tensorflow/tfjs-core/dist/${'register_all_gradients.js'}`);
  await tensorflow.setBackend('cpu');
  return tensorflow;
}
