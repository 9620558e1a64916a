import test from 'ava';
import { onDevice } from '../../../src/engines/onnx/device-error.js';
import { InputError } from '../../../src/errors.js';

const fail = (message: string) => async () => {
  throw new Error(message);
};

test("the CPU's errors are not the user's", async (t) => {
  const error = await t.throwsAsync(onDevice({ kind: 'cpu' }, fail('no such node')));
  t.false(error instanceof InputError);
});

// As onnxruntime 1.30 words them.
for (const [message, reason, hint] of [
  [
    '/onnxruntime_src/onnxruntime/core/providers/webgpu/webgpu_context.cc:136 onnxruntime::webgpu::WebGpuContext::Initialize(const onnxruntime::webgpu::WebGpuContextConfig&)::<lambda()> adapter_result.status == wgpu::RequestAdapterStatus::Success was false. Failed to get a WebGPU adapter: No supported adapters\n',
    'Failed to get a WebGPU adapter: No supported adapters',
    /^It needs libvulkan\.so\.1 .*; or --device cpu\.$/,
  ],
  [
    "Non-zero status code returned while running Cast node. Name:'Cast_48' Status Message: shader_helper.cc:416 GenerateSourceCode Program Cast requires f16 but the device does not support it.",
    'shader_helper.cc:416 GenerateSourceCode Program Cast requires f16 but the device does not support it.',
    /^Another precision may do; or --device cpu\.$/,
  ],
] as const)
  test(`WebGPU: ${reason}`, async (t) => {
    const error = await t.throwsAsync(onDevice({ kind: 'webgpu' }, fail(message)), { instanceOf: InputError });
    t.is(error?.message, `device webgpu cannot be used: ${reason}`);
    t.regex(error?.hint ?? '', hint);
  });

test('CUDA: what is missing comes first', async (t) => {
  const work = fail('OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library');
  const error = await t.throwsAsync(onDevice({ kind: 'cuda', index: 3 }, work), { instanceOf: InputError });
  t.regex(error?.message ?? '', /^device cuda:3 cannot be used: \S/);
  t.regex(error?.hint ?? '', /; or --device cpu\.$/);
});
