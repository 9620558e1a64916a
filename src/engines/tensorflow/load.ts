import util from 'node:util';
import { InputError } from '../../errors.js';

/** The library, whichever package it comes from. Its types are a development dependency. */
export type Tensorflow = typeof import('@tensorflow/tfjs-core');

const packages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

/** The first that is installed. One that is, and cannot be loaded, is an error: a slower one is no stand-in for it. */
export async function loadTensorflow(threads: number, names: readonly string[] = packages): Promise<Tensorflow> {
  // libtensorflow reads it once, and else each rank takes every core of its node.
  process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
  // Else each rank tells on standard error how its build might be faster.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '1';
  restoreRemoved();
  for (const name of names) {
    const library = await load(name);
    if (library) return library;
  }
  throw new InputError(`engine "tensorflow": none of ${names.join(', ')} is installed`, {
    hint: `./launch.sh setup --tensorflow builds it for the TensorFlow of PyPI. With libtensorflow 2.9 from Google's storage: ${names.map(installCommand).join(', or without a GPU: ')}`,
  });
}

async function load(name: string): Promise<Tensorflow | undefined> {
  try {
    const { default: library } = await import(name);
    return library;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw new InputError(`engine "tensorflow": ${name} is installed, but cannot be loaded: ${message}`, {
      hint: `Install it anew: ${installCommand(name)}`,
      cause: error,
    });
  }
}

/** npm installs an optional peer only if told its kind; scripts, which .npmrc forbids, fetch libtensorflow. */
function installCommand(name: string): string {
  return `npm install --no-save --save-peer --ignore-scripts=false ${name}`;
}

/** Version 4.22 of the packages, the last, calls functions of node:util that Node 23 removed. */
function restoreRemoved(): void {
  if ('isNullOrUndefined' in util) return;
  Object.assign(util, { isNullOrUndefined: (value: unknown) => value == null, isArray: Array.isArray });
}
