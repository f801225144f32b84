import type { Expression, Path, PathStep } from '../../src/model/expression.ts';

const span = { file: 'a.spec', start: 0, end: 0 };

/**
 * A path as the checker would give it: `web.tasks["nginx"].tasks.next`, `web.orders[3].qty`,
 * `web.page_table[web.run_queues[1]]`.
 */
export function path(text: string): Path {
  const [value, rest] = readPath(text);
  if (rest !== '') throw new Error(`left over: ${rest}`);
  return value;
}

export function place(text: string): Expression {
  return { kind: 'path', value: path(text), span };
}

export function int(value: bigint | number): Expression {
  return { kind: 'int', value: BigInt(value), span };
}

export function word(value: string): Expression {
  return { kind: 'word', value, span };
}

function readPath(text: string): [Path, string] {
  const root = /^\w+/.exec(text)?.[0] ?? '';
  let rest = text.slice(root.length);
  const steps: PathStep[] = [];
  for (;;) {
    const field = /^\.(\w+)/.exec(rest);
    if (field) {
      steps.push({ kind: 'field', name: field[1] as string, span });
      rest = rest.slice(field[0].length);
    } else if (rest.startsWith('.*')) {
      steps.push({ kind: 'all', span });
      rest = rest.slice(2);
    } else if (rest.startsWith('[any]')) {
      steps.push({ kind: 'any', span });
      rest = rest.slice(5);
    } else if (rest.startsWith('[')) {
      const [index, after] = readIndex(rest.slice(1));
      if (!after.startsWith(']')) throw new Error(`no ] in ${rest}`);
      steps.push({ kind: 'index', index, span });
      rest = after.slice(1);
    } else {
      return [{ root, steps, span }, rest];
    }
  }
}

function readIndex(text: string): [Expression, string] {
  const quoted = /^"([^"]*)"/.exec(text);
  if (quoted) return [{ kind: 'string', value: quoted[1] as string, span }, text.slice(quoted[0].length)];
  const range = /^(\d+)\.\.(\d+)/.exec(text);
  if (range) {
    const [low, high] = [int(Number(range[1])), int(Number(range[2]))];
    return [{ kind: 'range', low, high, span }, text.slice(range[0].length)];
  }
  const number = /^(0x[0-9a-f]+|\d+)/.exec(text);
  if (number) return [int(BigInt(number[0])), text.slice(number[0].length)];
  const [value, rest] = readPath(text);
  return [{ kind: 'path', value, span }, rest];
}
