import { describe, expect, it } from 'vitest';
import { matchesTags, parseTagExpression, undeclaredTags } from '../../src/runner/tag-expression.ts';

const at = (text: string) => ({ file: 'command line', start: 100, end: 100 + text.length });

function matches(text: string, ...tags: string[]): boolean {
  const { value, diagnostics } = parseTagExpression(text, at(text));
  expect(diagnostics).toEqual([]);
  return matchesTags(value!, new Set(tags));
}

describe('a tag expression', () => {
  it('is true of a scenario that has the tag', () => {
    expect(matches('smoke', 'smoke', 'lists')).toBe(true);
    expect(matches('smoke', 'lists')).toBe(false);
  });

  it('binds `not` before `and` before `or`', () => {
    expect(matches('a or b and c', 'a')).toBe(true);
    expect(matches('(a or b) and c', 'a')).toBe(false);
    expect(matches('not a and b', 'b')).toBe(true);
    expect(matches('not (a and b)', 'b')).toBe(true);
    expect(matches('not not a', 'a')).toBe(true);
  });

  it.each([
    ['', 'expected a tag, and the expression ends', 0],
    ['smoke and', 'expected a tag, and the expression ends', 9],
    ['smoke slow', 'expected `and`, `or` or the end', 6],
    ['and smoke', 'expected a tag, not `and`', 0],
    ['(smoke', 'a parenthesis is never closed', 0],
    ['smoke)', 'expected `and`, `or` or the end', 5],
    ['smoke && slow', '`&` has no meaning here', 6],
  ])('%j is wrong at its own place', (text, message, offset) => {
    const { value, diagnostics } = parseTagExpression(text, at(text));
    expect(value).toBeUndefined();
    expect(diagnostics).toMatchObject([{ code: 'E0820', message }]);
    expect(diagnostics[0]!.labels[0]!.span.start).toBe(100 + offset);
  });

  it.each(['('.repeat(10_000), 'not '.repeat(10_000), Array(5000).fill('a').join(' and ')])(
    'too long or too deep is a diagnostic',
    (text) => {
      expect(parseTagExpression(text, at(text)).diagnostics).toMatchObject([{ code: 'E0820' }]);
    },
  );

  it('names every tag that nobody declared, and the one that was meant', () => {
    const { value } = parseTagExpression('smok and not slow or nothing', at(''));
    const problems = undeclaredTags(value!, new Set(['smoke', 'slow']));
    expect(problems).toMatchObject([
      { code: 'E0821', help: 'did you mean `smoke`?' },
      { code: 'E0821', help: 'declared: slow, smoke' },
    ]);
  });
});
