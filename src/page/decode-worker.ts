/** Opens and decodes beside the page, so that this one stays responsive. */
import { InputError } from '../errors.js';
import { ArchiveView } from './archive-view.js';
import type { FromWorker, Opened, Shown, ToWorker } from './messages.js';

/** The part of a worker's scope in use here: the compiler knows that of a page. */
interface Scope {
  onmessage: (event: MessageEvent<ToWorker>) => void;
  postMessage(message: FromWorker): void;
}

const scope = globalThis as unknown as Scope;
let view: ArchiveView | undefined;
let last: Promise<unknown> = Promise.resolve();

scope.onmessage = ({ data }) => {
  // One after the other: a network runs once at a time.
  last = last.then(() => answer(data));
};
scope.postMessage('ready');

async function answer(message: ToWorker): Promise<void> {
  const { id } = message;
  try {
    scope.postMessage({ id, result: await resultOf(message) });
  } catch (error) {
    scope.postMessage({ id, error: describe(error) });
  }
}

async function resultOf(message: ToWorker): Promise<Opened | Shown> {
  if ('open' in message) {
    view = new ArchiveView(message.open);
    return view.opened;
  }
  return view!.show(message.show);
}

function describe(error: unknown): string {
  if (error instanceof InputError) return error.hint ? `${error.message} (${error.hint})` : error.message;
  return String(error);
}
