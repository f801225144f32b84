import { describe, expect, it } from 'vitest';
import { compile } from '../../src/language/compile.ts';
import type { SpecModel } from '../../src/model/scenario.ts';
import { memoryHost } from '../support/memory-host.ts';

const LIB = `struct part { l: list_head; k: u32 }
struct job { n: u32; l: list_head; items: list_head }
locator jobs: list of job via l from symbols["jobs"]
locator parts in jobs: list of part via l from .items
def busy(j) = count(jobs, .n == j.n) > 1
def heavy(n) = any(jobs, .n == n and any(.parts, .k > 9))
def next_of(j) = (j.l.next as *job).n
`;
const own = (uses: string): string => `struct own { n: u32; l: list_head }
locator owns: list of own via l from symbols["owns"]
validator owns { each o in owns { require ${uses} else AA "no" } }
`;

function compiled(
  imports: string,
  text: string,
  more: Record<string, string> = {},
): { codes: string[]; model: SpecModel } {
  const files = { 'lib.spec': LIB, 'a.spec': `import { ${imports} } from "./lib.spec"\n${text}`, ...more };
  const { value, diagnostics } = compile(Object.keys(files), memoryHost(files), {});
  const model = value.find(({ file }) => file === 'a.spec') as SpecModel;
  return { codes: diagnostics.map(({ code }) => code), model };
}
const found = ({ model: { library } }: { model: SpecModel }): string[][] =>
  [library.locators, library.structs].map((list) => list.map(({ name }) => name).toSorted());

describe('a `def` of another file', () => {
  it('brings the locator that it names, with what that needs', () => {
    const result = compiled('busy', own('not busy(o)'));
    expect(result.codes).toEqual([]);
    expect(found(result)).toEqual([
      ['jobs', 'owns'],
      ['job', 'own'],
    ]);
  });

  it('brings a locator that is nested in that, and a struct that it reads something as', () => {
    const nested = compiled('heavy', own('not heavy(o.n)'));
    expect(nested.codes).toEqual([]);
    expect(found(nested)).toEqual([
      ['jobs', 'owns', 'parts'],
      ['job', 'own', 'part'],
    ]);
    const cast = compiled('next_of', own('next_of(o) > 2'));
    expect(cast.codes).toEqual([]);
    expect(found(cast)).toEqual([['owns'], ['job', 'own']]);
  });

  it('brings them on to who imports what it was written into', () => {
    const third = { 'b.spec': 'import { owns } from "./a.spec"\n' };
    const files = {
      'lib.spec': LIB,
      'a.spec': `import { busy } from "./lib.spec"\n${own('not busy(o)')}`,
      ...third,
    };
    const { value, diagnostics } = compile(Object.keys(files), memoryHost(files), {});
    expect(diagnostics).toEqual([]);
    expect(found({ model: value.find(({ file }) => file === 'b.spec') as SpecModel })).toEqual([
      ['jobs', 'owns'],
      ['job', 'own'],
    ]);
  });

  it('is never read with another structure of that name', () => {
    const other = own('not busy(o)').replaceAll('owns', 'jobs');
    expect(compiled('busy', other).codes).toEqual(['E1001']);
  });
});
