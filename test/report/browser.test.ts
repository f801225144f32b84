import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manyLines } from '../../src/report/escape.ts';
import { markup, time, visible } from '../../src/report/html/browser/dom.js';
import { CHARACTER, gathered, placeLabels, step } from '../../src/report/html/browser/labels.js';
import { busiest, troubles, type Lane } from '../../src/report/html/browser/lanes.js';
import { rowsOf } from '../../src/report/html/browser/memory.js';

describe('the labels of a timeline', () => {
  const label = fc.record({ x: fc.integer({ min: 100, max: 990 }), text: fc.string({ maxLength: 24 }) });

  it('never cover each other, and stay inside the picture', () => {
    fc.assert(
      fc.property(fc.array(label, { maxLength: 40 }), (labels) => {
        const sorted = labels.toSorted((a, b) => a.x - b.x);
        const spans = placeLabels(sorted, 100, 1000, 5).flatMap((place, index) => {
          if (place === undefined) return [];
          const width = (sorted[index]?.text.length ?? 0) * CHARACTER;
          const from = place.flipped ? place.x - width : place.x;
          return [{ row: place.row, from, to: from + width }];
        });
        for (const [index, a] of spans.entries()) {
          expect(a.row).toBeLessThan(5);
          expect(a.to).toBeLessThanOrEqual(1010);
          for (const b of spans.slice(index + 1))
            expect(a.row !== b.row || a.to <= b.from || b.to <= a.from).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('of points that stand close form a staircase, so that no line to a label crosses another', () => {
    const labels = ['summoned', 'attach', 'located'].map((text, index) => ({ x: 300 + index * 3, text }));
    expect(placeLabels(labels, 100, 1000, 5).map((place) => place?.row)).toEqual([2, 1, 0]);
  });
});

describe('the same label again and again', () => {
  const labels = (...all: (readonly [number, string])[]): { x: number; text: string }[] =>
    all.map(([x, text]) => ({ x, text }));

  it('becomes one with a count where it would pile up, whatever stands between', () => {
    const near = labels([100, 'again'], [110, 'other'], [130, 'again'], [160, 'again'], [900, 'again']);
    expect(gathered(near).map(({ text }) => text)).toEqual(['again ×3', 'other', '', '', 'again']);
  });

  it('stays as it is where there is room for each', () => {
    const wide = labels([100, 'again'], [200, 'again'], [300, 'again']);
    expect(gathered(wide)).toEqual(wide);
  });
});

describe("a guest's trouble", () => {
  const of = (...events: (readonly [number, string])[]): { from: number; to: number }[] => {
    const run = {
      record: { events: events.map(([time_ns, kind]) => ({ time_ns, kind, subject: 'web', detail: {} })) },
    };
    const point = { time_ns: 5, text: 'oops', title: '', mark: 'bad' };
    const lane = { name: 'web', kind: 'lpar', hue: 'p0', points: [{ ...point, time_ns: -5 }, point] };
    return troubles(lane, run as unknown as Parameters<typeof troubles>[1]);
  };

  it('lasts from its first sign, or what the hypervisor noticed, until it has recovered', () => {
    expect(of()).toEqual([{ from: 5, to: Infinity }]);
    expect(of([3, 'failing'], [8, 'recovered'])).toEqual([{ from: 3, to: 8 }]);
    expect(of([3, 'failing'], [8, 'recovered'], [9, 'recovered'], [20, 'failed'], [21, 'failed'])).toEqual([
      { from: 3, to: 8 },
      { from: 20, to: Infinity },
    ]);
  });

  it('is not what befell another, nor what was mended before', () => {
    expect(of([1, 'attach'], [4, 'recovered'])).toEqual([{ from: 5, to: Infinity }]);
  });
});

describe('an axis', () => {
  it('has round steps and no more of them than there is room for', () => {
    expect(step(400e6, 8)).toBe(50e6);
    expect(step(30e9, 8)).toBe(5e9);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e12 }), fc.integer({ min: 2, max: 20 }), (span, most) => {
        expect(span / step(span, most)).toBeLessThanOrEqual(most + 1e-9);
      }),
    );
  });
});

describe('the close-up', () => {
  const lanes = (...times: number[]): Lane[] => {
    const points = times.map((time_ns) => ({ time_ns, text: '', title: '', mark: 'plain' }));
    return [{ name: 'web', kind: 'lpar', hue: 'p0', points }];
  };

  it('shows the busiest short stretch, and only when there is one', () => {
    expect(busiest(lanes(10, 20, 30, 900), 1000)).toMatchObject({ from: expect.closeTo(8.4) as number });
    expect(busiest(lanes(100, 300, 500, 700), 1000)).toBeUndefined();
    expect(busiest(lanes(10, 20), 1000)).toBeUndefined();
    expect(busiest([], 1000)).toBeUndefined();
  });
});

describe('a view of memory', () => {
  it('shows every byte once, in order, whatever fields it is told of', () => {
    const field = fc.record({
      offset: fc.integer({ min: -20, max: 600 }),
      bytes: fc.integer({ min: -1, max: 80 }),
      name: fc.constant('f'),
    });
    fc.assert(
      fc.property(fc.array(field, { maxLength: 30 }), fc.integer({ min: 0, max: 512 }), (fields, total) => {
        let at = 0;
        for (const row of rowsOf(fields, total)) {
          expect(row.offset).toBe(at);
          expect(row.bytes).toBeGreaterThan(0);
          expect(row.bytes).toBeLessThanOrEqual(16);
          at += row.bytes;
        }
        expect(at).toBe(total);
      }),
      { numRuns: 300 },
    );
  });
});

describe('text in the page', () => {
  it('is escaped as every other report escapes it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const plain = text.replaceAll('\r\n', '').replaceAll('#', '').replaceAll(':', '');
        expect(visible(plain)).toBe(manyLines(plain));
      }),
      { numRuns: 150 },
    );
  });

  it('can neither open an element nor leave an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(markup`<a title="${text}">${[text]}</a>`.text).toMatch(/^<a title="[^"<>]*">[^"<>]*<\/a>$/);
      }),
    );
  });

  it('says a time in its largest unit, as a spec does', () => {
    expect([0, 999, 1500, 31_400_000, 30e9, -22_000_000].map(time)).toEqual([
      '0 ns',
      '999 ns',
      '1.5 us',
      '31.4 ms',
      '30 s',
      '-22 ms',
    ]);
  });
});
