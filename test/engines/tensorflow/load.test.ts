import test from 'ava';
import { loadTensorflow } from '../../../src/engines/tensorflow/load.js';
import { InputError } from '../../../src/errors.js';

const absent = ['@swae/no-gpu-package', '@swae/no-package'];
/** A module as good as a package's name. */
const moduleOf = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`;

test('where no package is installed the error says how to install one', async (t) => {
  const error = await t.throwsAsync<InputError>(loadTensorflow(1, absent), { instanceOf: InputError });
  t.is(error.message, 'engine "tensorflow": none of @swae/no-gpu-package, @swae/no-package is installed');
  const command = 'npm install --no-save --save-peer --ignore-scripts=false';
  t.true(error.hint!.startsWith('./launch.sh setup --tensorflow '));
  t.true(error.hint!.endsWith(`${command} @swae/no-gpu-package, or without a GPU: ${command} @swae/no-package`));
});

test('the first package that is installed is taken', async (t) => {
  const [first, second] = ['first', 'second'].map((name) => moduleOf(`export default { name: '${name}' }`));
  t.deepEqual(await loadTensorflow(1, [absent[0], first, second]), { name: 'first' } as never);
});

test('a package that is installed but broken is no reason to take another', async (t) => {
  const broken = moduleOf("throw new Error('libcudart.so.11.0: cannot open shared object file')");
  const error = await t.throwsAsync<InputError>(loadTensorflow(1, [broken, moduleOf('export default {}')]), {
    instanceOf: InputError,
  });
  t.regex(error.message, /is installed, but cannot be loaded: libcudart\.so\.11\.0: cannot open shared object file$/);
  t.regex(error.hint!, /^Install it anew: npm install /);
});

test('the number of threads is that of the run, unless the user has set it', async (t) => {
  const module = moduleOf('export default {}');
  const threads = () => process.env.TF_NUM_INTRAOP_THREADS;
  delete process.env.TF_NUM_INTRAOP_THREADS;
  await loadTensorflow(3, [module]);
  t.is(threads(), '3');
  await loadTensorflow(5, [module]);
  t.is(threads(), '3');
});
