/** Each picture is well-formed XML and shows its data: so many marks, and axes that hold them. */
import test from 'ava';
import fc from 'fast-check';
import { drawCurves } from '../../src/plots/curves.js';
import { endLabels, stack, standalone } from '../../src/plots/draw.js';
import { drawErrorByRange, drawErrorHistograms } from '../../src/plots/errors.js';
import { drawLatents } from '../../src/plots/latents.js';
import { powerOfTen, wholePowers } from '../../src/plots/powers.js';
import { drawRateDistortion } from '../../src/plots/rate-distortion.js';
import { drawSlices } from '../../src/plots/slices.js';
import { spread } from '../../src/plots/spread.js';
import { drawTradeOff } from '../../src/plots/trade-off.js';
import { assertClose } from '../close.js';
import { type Element, elementsOf } from '../commands/fixtures/picture.js';

const of = (tag: string, elements: readonly Element[]) => elements.filter((element) => element.tag === tag);
const texts = (elements: readonly Element[]) => of('text', elements).map(({ content }) => content);
const odd = 'a<b>&"c\'';
const escaped = /^a&lt;b(>|&gt;)&amp;("|&quot;)c('|&#39;)$/;

test('slices: every node once, original and reconstruction in the same colours', (t) => {
  const original = Array.from({ length: 25 }, (_, i) => 1 + i / 24);
  const reconstruction = original.map((value, i) => (i === 7 ? value + 0.5 : value));
  const error = original.map((value, i) => reconstruction[i] - value);
  const elements = elementsOf(drawSlices('s', 5, [{ scale: odd, original, reconstruction, error }]));
  const fills = of('rect', elements).map(({ attributes }) => attributes.fill);
  // Three panels of 25 nodes, and the 32 steps of the scale beside each.
  t.is(fills.length, 3 * (25 + 32));
  const [a, b, c] = [0, 1, 2].map((panel) => fills.slice(panel * 57, panel * 57 + 25));
  t.deepEqual(
    [...a.keys()].filter((i) => a[i] !== b[i]),
    [7],
  );
  t.is(new Set(c).size, 2);
  t.true(texts(elements).some((text) => escaped.test(text)));
  for (const label of ['original', 'reconstruction', 'error', '1', '2', '0.5', '−0.5', '0'])
    t.true(texts(elements).includes(label), label);
});

test('curves: places to point out are circles in the line’s colour, with their text', (t) => {
  const points = [1, 10, 100].map((x) => [x, x * x] as const);
  const curves = [
    { name: 'plain', points },
    { name: 'marked', points, marks: [{ x: 10, y: 100, text: odd }] },
  ];
  const elements = elementsOf(drawCurves('c', { x: 'x', isLogarithmic: true, y: 'y' }, curves));
  t.is(of('circle', elements).length, 1);
  t.true(texts(elements).some((text) => escaped.test(text)));
  // Plot's sign that it has written a warning to stderr.
  t.false(texts(elements).some((text) => text.includes('\u26a0')));
});

test('slices: NaN and infinities have a colour of their own, and leave the scale alone', (t) => {
  const values = [1, Number.NaN, Number.POSITIVE_INFINITY, 2];
  const pair = { scale: 'physical', original: values, reconstruction: values, error: [0, Number.NaN, Number.NaN, 0] };
  const elements = elementsOf(drawSlices('s', 2, [pair]));
  t.is(of('rect', elements).filter(({ attributes }) => attributes.fill === '#ff00ff').length, 6);
  t.deepEqual(texts(elements).filter((text) => text === '1' || text === '2').length, 4);
});

test('the labels of a scale tell its ends apart', (t) => {
  t.deepEqual(endLabels(1 - 1e-6, 1 + 1e-6), ['0.999999', '1.000001']);
  t.deepEqual(endLabels(-2e-7, 3.4567e-7), ['−2e−7', '3.46e−7']);
  fc.assert(
    fc.property(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
      (a, d) => {
        const [low, high] = endLabels(a, a + d);
        t.not(low, high);
      },
    ),
  );
});

test('error histograms: a bar for each interval, as high as its share, and what is exact', (t) => {
  const bins = [0.5, 0.25, 0.125].map((share, i) => ({ from: 2 ** (i - 10), to: 2 ** (i - 9), share }));
  const histograms = [
    { name: odd, bins, exact: 0.125 },
    { name: 'U_CHI', bins: bins.slice(0, 1), exact: 0 },
  ];
  const elements = elementsOf(drawErrorHistograms('h', '|error|', histograms));
  const bars = of('rect', elements).map(({ attributes }) => Number(attributes.height));
  t.is(bars.length, 4);
  // Pictures have two decimals.
  assertClose([bars[0] / bars[1], bars[1] / bars[2], bars[3] / bars[0]], [2, 2, 1], () => 0.01, 'ratios of heights');
  const labels = texts(elements);
  t.true(labels.includes('13 % exact') && labels.includes('U_CHI') && labels.some((text) => escaped.test(text)));
  t.is(labels.filter((text) => text.endsWith('exact')).length, 1);
  t.deepEqual(
    labels.filter((text) => /^1(0.*)?$/.test(text)),
    ['10⁻⁴', '10⁻³', '10⁻²'],
  );
});

test('error histograms: rare errors stretch the axis only where they are large', (t) => {
  const bin = (exponent: number, share: number) => ({ from: 2 ** exponent, to: 2 ** (exponent + 1), share });
  const bins = [bin(-60, 1e-5), bin(-10, 0.9), bin(-1, 1e-5)];
  const elements = elementsOf(drawErrorHistograms('h', '|error|', [{ name: 'a', bins, exact: 0 }]));
  t.is(of('rect', elements).length, 2);
  t.deepEqual(
    texts(elements).filter((text) => /^1/.test(text)),
    ['10⁻⁴', '10⁻³', '10⁻²', '10⁻¹', '1'],
  );
});

test('error histograms: the axis leaves out a twentieth of the errors, the smallest, be they spread over many intervals', (t) => {
  const tail = Array.from({ length: 9 }, (_, i) => ({ from: 2 ** (i - 60), to: 2 ** (i - 59), share: 4e-3 }));
  const bulk = { from: 2 ** -10, to: 2 ** -9, share: 0.854 };
  const faint = { from: 2 ** -9, to: 2 ** -8, share: 0.01 };
  // Counts that were added up stand in any order.
  const elements = elementsOf(
    drawErrorHistograms('h', '|error|', [{ name: 'a', bins: [bulk, ...tail, faint], exact: 0.1 }]),
  );
  const heights = of('rect', elements).map(({ attributes }) => Number(attributes.height));
  t.is(heights.length, 2);
  // A bar that is lower than half a pixel is there all the same. Pictures have two decimals.
  assertClose(heights.slice(1), [(heights[0] * 0.01) / 0.854], () => 0.01, 'heights');
  t.true(texts(elements).includes('10⁻⁴') && !texts(elements).includes('10⁻⁵'));
});

test('errors by range: a cell for each count, on the right side of the line', (t) => {
  const cells = [
    { range: [2 ** -4, 2 ** -3], error: [2 ** -6, 2 ** -5], blocks: 1 },
    { range: [2 ** -5, 2 ** -4], error: [2 ** -9, 2 ** -8], blocks: 1000 },
  ] as const;
  const elements = elementsOf(drawErrorByRange('r', { range: 'range', error: 'error' }, cells));
  const [one, other] = of('rect', elements).map(({ attributes }) => attributes);
  t.not(one.fill, other.fill);
  t.true(Number(one.x) > Number(other.x) && Number(one.y) < Number(other.y));
  t.true(texts(elements).includes('1,000'));
  t.true(elements.some(({ attributes }) => attributes['stroke-dasharray'] !== undefined));
});

test('curves: every point, names in the colours of their lines', (t) => {
  const curves = [
    {
      name: 'training',
      points: [
        [50, 1e-1],
        [100, 1e-2],
        [150, 1e-3],
      ],
    },
    { name: 'validation', points: [[120, 2e-2]] },
  ] as const;
  const elements = elementsOf(drawCurves('t', { x: 'step', y: 'loss' }, curves));
  const lines = of('path', elements).filter(({ attributes }) => /^M.*L/.test(attributes.d) && attributes.stroke);
  t.deepEqual(
    lines.map(({ attributes }) => attributes.d.split('L').length),
    [3],
  );
  t.is(of('circle', elements).length, 1);
  t.deepEqual(
    texts(elements).filter((text) => /^[tv]/.test(text)),
    ['training', 'validation'],
  );
});

test('latents: a line for each, and a prior whose area is 1', (t) => {
  const edges = Array.from({ length: 41 }, (_, i) => -5 + i / 4);
  const latents = [0, 1, 2].map((shift) => ({
    counts: edges.slice(1).map((x) => Math.round(1e3 * Math.exp(-((x - shift) ** 2)))),
  }));
  const elements = elementsOf(drawLatents('l', edges, latents));
  t.is(of('rect', elements).length, 40);
  const lines = of('path', elements).filter(({ attributes }) => attributes.d.split('L').length > 10);
  t.deepEqual(
    lines.map(({ attributes }) => attributes.d.split('L').length),
    [40, 40, 40, 161],
  );
});

test('rate and distortion: a point and a name each, no two names on another', (t) => {
  const points = Array.from({ length: 30 }, (_, i) => ({ name: `U_${i}`, bitsPerValue: 1.7, psnr: 50 + 0.01 * i }));
  const elements = elementsOf(drawRateDistortion('r', points));
  t.is(of('circle', elements).length, 30);
  const places = of('text', elements)
    .filter(({ content }) => content.startsWith('U_'))
    .map(({ attributes }) => Number(/,([\d.]+)\)/.exec(attributes.transform)![1]))
    .sort((a, b) => a - b);
  t.is(places.length, 30);
  for (const [i, place] of places.slice(1).entries()) t.true(place - places[i] > 13.9, `${place} after ${places[i]}`);
});

test('trade-off: the best are named and filled, those not trained to the end are crosses, and steps join what is best', (t) => {
  const tried = (name: string, x: number, psnr: number, isBest: boolean, isFinished = true) => ({
    name,
    kind: 'mlp',
    x,
    psnr,
    isBest,
    isFinished,
  });
  const points = [
    tried('a', 10, 50, true),
    tried('b', 20, 45, true),
    tried('c', 20, 40, false),
    tried('d', 40, 30, false, false),
    tried('e', 10, 49, false),
  ];
  const front = [points[0], points[1], points[3]];
  const elements = elementsOf(drawTradeOff('t', { label: 'ratio', kinds: ['mlp', 'conv'], points, front }));
  const circles = of('circle', elements);
  t.deepEqual(
    circles.map(({ attributes }) => Number(attributes['fill-opacity'])),
    [0.9, 0.9, 0, 0],
  );
  t.deepEqual(
    texts(elements).filter((text) => /^([a-e]|mlp|conv)$/.test(text)),
    ['mlp', 'conv', 'a', 'b'],
  );
  // Across a, b and d: for each that follows, a step down and one to the right.
  t.is(of('path', elements).filter(({ attributes }) => attributes.d.match(/L/g)?.length === 4).length, 1);
});

test('spread: ascending, apart, within the limits where there is room, unmoved where nothing is too near', (t) => {
  t.deepEqual(spread([1, 5, 9], 2), [1, 5, 9]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 20 }), (wanted) => {
      const places = spread(
        [...wanted].sort((a, b) => a - b),
        5,
        [0, 100],
      );
      for (const [i, place] of places.entries()) {
        t.true(place >= 0 && place <= 100);
        if (i > 0) t.true(place - places[i - 1] >= 5);
      }
    }),
  );
});

test('logarithmic axes hold what is there, and end at powers of ten', (t) => {
  t.deepEqual(wholePowers([3e-5, 2e-3]), { domain: [1e-5, 1e-2], ticks: [1e-5, 1e-4, 1e-3, 1e-2] });
  t.deepEqual([1e-12, 0.1, 1, 10, 1e5].map(powerOfTen), ['10⁻¹²', '10⁻¹', '1', '10', '10⁵']);
  fc.assert(
    fc.property(fc.array(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), { minLength: 1 }), (values) => {
      const { domain, ticks } = wholePowers(values);
      // Rounding of powers of ten.
      t.true(domain[0] <= Math.min(...values) * (1 + 1e-8) && domain[1] >= Math.max(...values) * (1 - 1e-8));
      t.true(ticks.length >= 2 && ticks.length <= 11, String(ticks.length));
    }),
  );
});

test('a picture of its own is for light and dark ground; panels lie below one another', (t) => {
  const svg = drawCurves('t', { x: 'step', y: 'loss' }, [
    {
      name: 'a',
      points: [
        [1, 1],
        [2, 0.5],
      ],
    },
  ]);
  t.regex(standalone(svg), /^<svg[^>]*><style>.*prefers-color-scheme:dark.*<\/style>/);
  const stacked = elementsOf(
    stack('both', [
      { title: odd, svg },
      { title: 'second', note: 'n', svg },
    ]),
  );
  const [outer, one, other] = of('svg', stacked).map(({ attributes }) => attributes);
  t.true(Number(one.y) + Number(one.height) < Number(other.y));
  t.true(Number(other.y) + Number(other.height) <= Number(outer.height));
});
