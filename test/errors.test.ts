import { readFileSync, readlinkSync } from 'node:fs';
import test from 'ava';
import { asInputError, InputError, UsageError } from '../src/errors.js';

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

test('an error of the operating system names its file', (t) => {
  const error = asInputError(thrownBy(() => readFileSync('/nowhere/at/all')));
  t.is(error?.message, 'file "/nowhere/at/all": no such file or directory');
});

test('the name that is given goes first, and a hint where there is one', (t) => {
  const error = asInputError(
    thrownBy(() => readFileSync('/')),
    'model.onnx',
  );
  t.is(error?.message, 'file "model.onnx": illegal operation on a directory');
  t.is(error?.hint, 'It is a folder: name a file in it.');
  t.is(asInputError(thrownBy(() => readlinkSync('/')))?.hint, undefined);
});

test('errors of ours stay, defects are none', (t) => {
  const ours = new UsageError('--lr must be above 0');
  t.is(asInputError(ours, 'x'), ours);
  t.is(asInputError(new TypeError('x is undefined')), undefined);
  t.true(asInputError(thrownBy(() => readFileSync('/'))) instanceof InputError);
});
