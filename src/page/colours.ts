/** Numbers → colours. Viridis is uniform to the eye and for those who do not tell red from green; errors diverge from 0, red above. */
import { rgb } from 'd3-color';
import { interpolateRdBu, interpolateViridis } from 'd3-scale-chromatic';
import type { Extremes, Numbers } from './slice.js';

/** What a bar of colours shows. */
export interface ColourScale {
  readonly extremes: Extremes;
  /** 256 colours from the smallest value to the largest: red, green, blue, opacity. */
  readonly colours: Uint8ClampedArray<ArrayBuffer>;
}

const steps = 256;
const viridis = table(interpolateViridis);
const redBlue = table((t) => interpolateRdBu(1 - t));
/** Of NaN and ±Inf: in neither table. */
const notFinite = [255, 0, 255, 255];

/** Values from the smallest to the largest. */
export function valueScale(extremes: Extremes): ColourScale {
  return { extremes, colours: viridis };
}

/** As far below 0 as above. */
export function errorScale([smallest, largest]: Extremes): ColourScale {
  const most = Math.max(-smallest, largest);
  return { extremes: [-most, most], colours: redBlue };
}

/** Pixels of values, four bytes each, in the same order. */
export function paint(values: Numbers, { extremes, colours }: ColourScale): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(4 * values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isFinite(value)) pixels.set(colourAt(value, extremes, colours), 4 * i);
    else pixels.set(notFinite, 4 * i);
  }
  return pixels;
}

/** One value everywhere has the colour in the middle. The halves keep a range near the largest number finite. */
function colourAt(value: number, [low, high]: Extremes, colours: Uint8ClampedArray): Uint8ClampedArray {
  const fraction = high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0.5;
  const step = Math.min(steps - 1, Math.max(0, Math.floor(fraction * steps)));
  return colours.subarray(4 * step, 4 * step + 4);
}

function table(interpolate: (t: number) => string): Uint8ClampedArray<ArrayBuffer> {
  const colours = new Uint8ClampedArray(4 * steps);
  for (let step = 0; step < steps; step++) {
    const { r, g, b } = rgb(interpolate(step / (steps - 1)));
    colours.set([r, g, b, 255], 4 * step);
  }
  return colours;
}
