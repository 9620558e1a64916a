/** The page of `swae view`. */
import { describeCoding } from '../io/archive/describe-coding.js';
import { type Choice, createControls } from './controls.js';
import { describeShown } from './description.js';
import { find } from './element.js';
import type { Served } from './messages.js';
import { createSliceView } from './slice-view.js';
import { startWorker } from './worker-client.js';

const worker = startWorker();
const slices = createSliceView();
find('slices').append(slices.element);

/** Decoding that ends sooner is not told. */
const patienceMilliseconds = 150;

/** Asked for while another is on its way; only the latest matters. */
let wanted: Choice | undefined;
let isBusy = false;

start().catch((error) => {
  showError(error);
  setBusy(false);
});

async function start(): Promise<void> {
  setStatus('opening …');
  const response = await fetch('files.json');
  if (!response.ok) throw new Error(`the server answers ${response.status}`);
  const served: Served = await response.json();
  document.title = `${served.archive.name} – swae view`;
  find('name').textContent = served.archive.name;
  const { header, manifest } = await worker.open(served);
  find('coding').textContent = describeCoding(header.coding)
    .map((entry) => entry.join(' '))
    .join(', ');
  if (manifest.files.some(({ failed, variables }) => failed === undefined && variables.length > 0))
    createControls(manifest, show);
  else throw new Error('this archive has no variable');
}

async function show(choice: Choice): Promise<void> {
  wanted = choice;
  if (isBusy) return;
  setBusy(true);
  while (wanted) {
    const now: Choice = wanted;
    wanted = undefined;
    const patience = setTimeout(() => setStatus('decoding …'), patienceMilliseconds);
    await showNow(now).catch(showError);
    clearTimeout(patience);
    setStatus('');
  }
  setBusy(false);
}

async function showNow({ request, file, variable }: Choice): Promise<void> {
  const shown = await worker.show(request);
  slices.show({ ...shown, axis: request.axis });
  find('numbers').replaceChildren(describeShown(shown, file, variable));
  find('slices').hidden = false;
  find('error').hidden = true;
}

function setBusy(busy: boolean): void {
  isBusy = busy;
  find('main').setAttribute('aria-busy', String(busy));
}

function setStatus(text: string): void {
  find('status').textContent = text;
}

function showError(error: unknown): void {
  setStatus('');
  find('slices').hidden = true;
  find('numbers').replaceChildren();
  find('error').textContent = error instanceof Error ? error.message : String(error);
  find('error').hidden = false;
}
