/** A plane of a volume as a picture: the reconstruction, and beside it the original and the error where they are known. Data in, DOM out. */
import { type ColourScale, errorScale, paint, valueScale } from './colours.js';
import { make } from './element.js';
import { formatExactly, formatNumber } from './format-number.js';
import { type Axis, axisNames, type Extremes, errorOf, extremesOf, planeAxes, type Slice } from './slice.js';

export interface SliceContent {
  readonly reconstruction: Slice;
  /** Of the same extent. */
  readonly original?: Slice | undefined;
  /** The axis that the plane is across. */
  readonly axis: Axis;
  /** Of the colours of values; default: those of the plane. */
  readonly extremes?: Extremes | undefined;
  /** Of the colours of errors; default: those of the plane. */
  readonly errorExtremes?: Extremes | undefined;
}

export interface SliceView {
  /** To be put on a page, with slice-view.css. */
  readonly element: HTMLElement;
  show(content: SliceContent): void;
}

/** What lies under the pointer. */
interface Place {
  readonly row: number;
  readonly column: number;
}

export function createSliceView(): SliceView {
  const original = createPanel('Original', point);
  const reconstruction = createPanel('Reconstruction', point);
  const error = createPanel('Error', point);
  const panels = [original, reconstruction, error];
  const element = make('div', 'slice-view');
  element.append(...panels.map((panel) => panel.element));
  function point(place: Place | undefined): void {
    for (const panel of panels) panel.point(place);
  }
  return {
    element,
    show(content) {
      const { axis } = content;
      const known = content.original;
      const planes = known ? [known.values, content.reconstruction.values] : [content.reconstruction.values];
      const scale = valueScale(content.extremes ?? extremesOf(...planes) ?? [0, 0]);
      reconstruction.show(content.reconstruction, scale, axis);
      if (known) {
        original.show(known, scale, axis);
        const difference = errorOf(content.reconstruction, known);
        error.show(difference, errorScale(content.errorExtremes ?? extremesOf(difference.values) ?? [0, 0]), axis);
      }
      original.element.hidden = !known;
      error.element.hidden = !known;
    },
  };
}

interface Panel {
  readonly element: HTMLElement;
  show(slice: Slice, scale: ColourScale, axis: Axis): void;
  /** Tells the value at a place. */
  point(place: Place | undefined): void;
}

/** Row 0 is at the bottom: coordinates grow upwards. */
function createPanel(title: string, onPoint: (place: Place | undefined) => void): Panel {
  const element = make('figure', 'slice');
  const picture = make('div', 'slice-picture');
  const canvas = make('canvas', 'slice-canvas');
  const marker = make('div', 'slice-marker');
  const reading = make('output', 'slice-reading');
  const bar = createBar();
  picture.append(canvas, marker);
  element.append(make('figcaption', 'slice-title', title), picture, bar.element, reading);
  let shown: { slice: Slice; axis: Axis } | undefined;

  canvas.addEventListener('pointermove', (event) => shown && onPoint(placeAt(event, canvas, shown.slice)));
  canvas.addEventListener('pointerleave', () => onPoint(undefined));

  const panel: Panel = {
    element,
    show(slice, scale, axis) {
      shown = { slice, axis };
      draw(canvas, upwards(slice), paint(upwards(slice).values, scale));
      bar.show(scale);
      canvas.setAttribute('role', 'img');
      canvas.setAttribute('aria-label', `${title}, ${describe(slice, axis)}`);
      panel.point(undefined);
    },
    point(place) {
      marker.hidden = !place;
      if (!shown) return;
      const { slice, axis } = shown;
      reading.textContent = place ? describeValue(slice, axis, place) : describe(slice, axis);
      if (place) mark(marker, slice, place);
    },
  };
  return panel;
}

function draw(canvas: HTMLCanvasElement, { rows, columns }: Slice, pixels: Uint8ClampedArray<ArrayBuffer>): void {
  canvas.width = columns;
  canvas.height = rows;
  canvas.style.aspectRatio = `${columns} / ${rows}`;
  canvas.getContext('2d')!.putImageData(new ImageData(pixels, columns, rows), 0, 0);
}

function createBar(): { element: HTMLElement; show(scale: ColourScale): void } {
  const element = make('div', 'slice-bar');
  const canvas = make('canvas', 'slice-colours');
  const labels = [0, 1, 2].map(() => make('span', 'slice-label'));
  element.append(canvas, ...labels);
  return {
    element,
    show({ extremes: [low, high], colours }) {
      draw(canvas, { values: new Float32Array(0), rows: 1, columns: colours.length / 4 }, colours);
      canvas.style.aspectRatio = 'auto';
      const values = low < high ? [low, low / 2 + high / 2, high] : ['', low, ''];
      for (const [i, label] of labels.entries())
        label.textContent = typeof values[i] === 'number' ? formatNumber(values[i], high / 2 - low / 2) : '';
    },
  };
}

/** Its last row first. */
function upwards({ values, rows, columns }: Slice): Slice {
  const turned = values.slice();
  for (let row = 0; row < rows; row++)
    turned.set(values.subarray(row * columns, (row + 1) * columns), (rows - 1 - row) * columns);
  return { values: turned, rows, columns };
}

function placeAt({ clientX, clientY }: PointerEvent, canvas: HTMLElement, { rows, columns }: Slice): Place {
  const { left, bottom, width, height } = canvas.getBoundingClientRect();
  const cell = (fraction: number, count: number) => Math.min(count - 1, Math.max(0, Math.floor(fraction * count)));
  return { row: cell((bottom - clientY) / height, rows), column: cell((clientX - left) / width, columns) };
}

function mark(marker: HTMLElement, { rows, columns }: Slice, { row, column }: Place): void {
  const percent = (part: number, count: number) => `${(100 * part) / count}%`;
  Object.assign(marker.style, {
    left: percent(column, columns),
    bottom: percent(row, rows),
    width: percent(1, columns),
    height: percent(1, rows),
  });
}

function describeValue({ values, columns }: Slice, axis: Axis, { row, column }: Place): string {
  const [rowAxis, columnAxis] = planeAxes(axis).map((other) => axisNames[other]);
  return `${columnAxis} ${column}, ${rowAxis} ${row}: ${formatExactly(values[row * columns + column]!, values instanceof Float32Array)}`;
}

function describe({ values }: Slice, axis: Axis): string {
  const [rowAxis, columnAxis] = planeAxes(axis).map((other) => axisNames[other]);
  const [low, high] = extremesOf(values) ?? [Number.NaN, Number.NaN];
  const numbers = [low, high].map((value) => formatNumber(value, high - low));
  return `${columnAxis} → ${rowAxis} ↑, ${numbers[0]} to ${numbers[1]}`;
}
