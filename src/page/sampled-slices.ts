/** Sampled blocks in a report: choose file, variable, block and plane; original, reconstruction and error beside one another. */
import { type Axis, axisNames, extremesOf, type Numbers, sliceOf, worstPlane } from './slice.js';
import { createSliceView } from './slice-view.js';

/** What the report holds as JSON. */
interface SampledVariable {
  readonly file: string;
  readonly variable: string;
  readonly blocks: readonly SampledBlock[];
}

interface SampledBlock {
  readonly name: string;
  /** Nodes on an edge. */
  readonly size: number;
  readonly base: number;
  /** float32, little-endian, in base64: original − base, and reconstruction − original, [size, size, size]. */
  readonly values: string;
  readonly errors: string;
}

interface Volumes {
  readonly shape: readonly [number, number, number];
  readonly original: Numbers;
  readonly reconstruction: Numbers;
  readonly errors: Numbers;
}

const host = document.getElementById('sampled-slices')!;
const sampled: readonly SampledVariable[] = JSON.parse(document.getElementById('samples')!.textContent!);

// What stands there without scripts.
host.replaceChildren();
const view = createSliceView();
const file = addSelect('File');
const variable = addSelect('Variable');
const block = addSelect('Block');
const axis = addSelect('Across');
const plane = addSlider('Plane');
/** The chosen block, decoded. */
let shown: Volumes;
host.append(view.element);

fill(file, [...new Set(sampled.map((entry) => entry.file))]);
fill(axis, axisNames);
file.addEventListener('change', showVariables);
variable.addEventListener('change', showBlocks);
block.addEventListener('change', showBlock);
axis.addEventListener('change', showWorst);
plane.input.addEventListener('input', draw);
showVariables();

/** Those of the file; the variable stays, where the file has it. */
function showVariables(): void {
  const { value } = variable;
  fill(
    variable,
    inFile().map((entry) => entry.variable),
  );
  if (inFile().some((entry) => entry.variable === value)) variable.value = value;
  showBlocks();
}

function showBlocks(): void {
  const { blocks } = chosen();
  block.replaceChildren(...blocks.map(({ name }, i) => new Option(name, String(i))));
  showBlock();
}

function showBlock(): void {
  const { size, base, values, errors: stored } = chosenBlock();
  const original = Float64Array.from(decode(values), (value) => base + value);
  const errors = decode(stored);
  const reconstruction = original.map((value, i) => value + errors[i]!);
  shown = { shape: [size, size, size], original, reconstruction, errors };
  plane.input.max = String(size - 1);
  showWorst();
}

/** The plane of the block's largest error. */
function showWorst(): void {
  plane.input.value = String(worstPlane(shown.errors, shown.shape, across()));
  draw();
}

/** Colours are those of the whole block, so that planes can be compared. */
function draw(): void {
  const { shape, original, reconstruction, errors } = shown;
  const index = plane.input.valueAsNumber;
  plane.reading.textContent = `${axis.value} = ${index}`;
  const slice = (volume: Numbers) => sliceOf(volume, shape, across(), index);
  view.show({
    original: slice(original),
    reconstruction: slice(reconstruction),
    axis: across(),
    extremes: extremesOf(original, reconstruction),
    errorExtremes: extremesOf(errors),
  });
}

function across(): Axis {
  return axisNames.indexOf(axis.value as 'z') as Axis;
}

function inFile(): SampledVariable[] {
  return sampled.filter((entry) => entry.file === file.value);
}

function chosen(): SampledVariable {
  return inFile().find((entry) => entry.variable === variable.value)!;
}

function chosenBlock(): SampledBlock {
  return chosen().blocks[Number(block.value)]!;
}

function decode(text: string): Float32Array<ArrayBuffer> {
  return new Float32Array(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer);
}

function fill(select: HTMLSelectElement, names: readonly string[]): void {
  select.replaceChildren(...names.map((name) => new Option(name)));
}

function addSelect(name: string): HTMLSelectElement {
  return addControl(name, document.createElement('select'));
}

function addSlider(name: string): { input: HTMLInputElement; reading: HTMLElement } {
  const input = addControl(name, document.createElement('input'));
  Object.assign(input, { type: 'range', min: '0', max: '0', step: '1' });
  const reading = document.createElement('output');
  input.after(' ', reading);
  return { input, reading };
}

/** With its label, at the end of the page's part. */
function addControl<Control extends HTMLElement>(name: string, control: Control): Control {
  const label = document.createElement('label');
  label.append(`${name} `, control);
  host.append(label);
  return control;
}
