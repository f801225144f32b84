import { expect, it } from 'vitest';
import { substream } from '../../src/base/random.ts';
import type { Element } from '../../src/place/collections/element.ts';
import { select } from '../../src/place/collections/element.ts';
import { found } from '../../src/place/outcome.ts';

const task = (name: string, number: number, own: number, parent: number): Element => ({
  label: JSON.stringify(name),
  name,
  number,
  own,
  parent,
  open: (text) =>
    found({ kind: 'bytes', partition: 'web', text: `${text} is ${number}`, runs: [], bytes: 0 }),
});
const chosen = (elements: readonly Element[], name: string): string => {
  const place = select(elements, { name }, 'web.tasks', () => substream(1, 'x'));
  return place.ok ? place.value.text : `${place.code} ${place.candidates?.join(' ')}`;
};

it("a process that bears its parent's name is not meant where the parent is there", () => {
  const shell = [
    task('init', 1, 100, 100),
    task('nginx', 105, 200, 100),
    task('nginx', 128, 300, 200),
    task('nginx', 129, 400, 300),
  ];
  expect(chosen(shell, 'nginx')).toBe('web.tasks["nginx"] is 105');
});

it('two of a name that did not inherit it stay two', () => {
  const workers = [task('nginx', 105, 200, 100), task('nginx', 128, 300, 100), task('nginx', 129, 400, 200)];
  expect(chosen(workers, 'nginx')).toBe('AMBIGUOUS 105 128 129');
});
