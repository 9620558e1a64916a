/** What the user chooses, by pointer or keyboard. */
import type { Manifest, ManifestFile, ManifestVariable } from '../io/archive/format.js';
import { product } from '../io/boxes.js';
import { find } from './element.js';
import type { Request } from './messages.js';
import { type Axis, axisNames } from './slice.js';

export interface Choice {
  readonly request: Request;
  readonly file: ManifestFile;
  readonly variable: ManifestVariable;
}

/** Fills the form of the page; calls `onChange` for what is chosen at first, and for each change. */
export function createControls({ files }: Manifest, onChange: (choice: Choice) => void): void {
  const fileSelect = find<HTMLSelectElement>('file');
  const variableSelect = find<HTMLSelectElement>('variable');
  const number = find<HTMLInputElement>('volume');
  const slider = find<HTMLInputElement>('volume-slider');
  const index = find<HTMLInputElement>('index-slider');
  const radios = [...document.querySelectorAll<HTMLInputElement>('input[name=axis]')];

  const axis = () => Number(radios.find(({ checked }) => checked)!.value) as Axis;
  const change = () => {
    const file = files[Number(fileSelect.value)]!;
    const variable = file.variables[Number(variableSelect.value)]!;
    limit(variable.shape);
    const request: Request = {
      file: Number(fileSelect.value),
      variable: Number(variableSelect.value),
      volume: Number(slider.value),
      axis: axis(),
      index: Number(index.value),
    };
    find('index').textContent = `${axisNames[request.axis]} = ${request.index}`;
    onChange({ request, file, variable });
  };
  const limit = (shape: readonly number[]) => {
    const volumes = product(shape.slice(0, -3));
    number.max = slider.max = String(volumes - 1);
    number.value = slider.value;
    find('volumes').hidden = shape.length === 3;
    find('volume-name').textContent = shape.length === 4 ? 'Octant' : 'Volume';
    find('volume-count').textContent = `of ${volumes}`;
    const last = String(shape.at(axis() - 3)! - 1);
    if (index.max === last) return;
    index.max = last;
    index.value = String(Math.floor(Number(last) / 2));
  };

  fillFiles(fileSelect, files);
  fillVariables(variableSelect, files[Number(fileSelect.value)]!);
  slider.value = index.value = '0';
  fileSelect.onchange = () => {
    fillVariables(variableSelect, files[Number(fileSelect.value)]!);
    change();
  };
  variableSelect.onchange = slider.oninput = index.oninput = change;
  number.onchange = () => {
    slider.value = number.value;
    change();
  };
  for (const radio of radios) radio.onchange = change;
  find('choices').onsubmit = (event) => event.preventDefault();
  document.onkeydown = (event) => {
    if (!isForPage(event) || !move(event.key)) return;
    event.preventDefault();
    change();
  };
  change();

  /** Whether the key means something. */
  function move(key: string): boolean {
    const steps: Record<string, () => void> = {
      ArrowLeft: () => slider.stepDown(),
      ArrowRight: () => slider.stepUp(),
      ArrowDown: () => index.stepDown(),
      ArrowUp: () => index.stepUp(),
      n: () => step(variableSelect, 1),
      p: () => step(variableSelect, -1),
      ...Object.fromEntries(axisNames.map((name, i) => [name, () => radios[i]!.click()])),
    };
    steps[key]?.();
    return key in steps;
  }
}

/** Fields have keys of their own. */
function isForPage({ target, altKey, ctrlKey, metaKey }: KeyboardEvent): boolean {
  return !(target as HTMLElement).matches('input, select') && !altKey && !ctrlKey && !metaKey;
}

function step(select: HTMLSelectElement, by: number): void {
  select.selectedIndex = Math.min(select.length - 1, Math.max(0, select.selectedIndex + by));
}

function fillFiles(select: HTMLSelectElement, files: readonly ManifestFile[]): void {
  const options = files.map(({ path, failed, variables }, i) => {
    const option = new Option(failed === undefined ? path : `${path} (left out: ${failed})`, String(i));
    option.disabled = failed !== undefined || variables.length === 0;
    return option;
  });
  select.replaceChildren(...options);
  select.value = options.find(({ disabled }) => !disabled)!.value;
}

/** The same variable again, where the file has it. */
function fillVariables(select: HTMLSelectElement, { variables }: ManifestFile): void {
  const before = select.selectedOptions[0]?.text;
  const options = variables.map(({ path }, i) => new Option(path.slice(1), String(i)));
  select.replaceChildren(...options);
  select.selectedIndex = Math.max(
    0,
    options.findIndex(({ text }) => text === before),
  );
}
