import { describe, expect, it } from 'vitest';
import { compile } from '../../src/language/compile.ts';
import type { Compiled } from '../../src/language/compile.ts';
import type { LibraryModel } from '../../src/model/structure.ts';
import { joined } from '../../src/runner/library-merge.ts';
import { SHIPPED } from '../support/library.ts';
import { memoryHost } from '../support/memory-host.ts';

/** A validator that says so of every cache. */
function compiled(condition: string, before = '', library: LibraryModel = SHIPPED): Compiled {
  const text = `${before}\nvalidator own_slabs {\n  each s in slabs {\n    require ${condition} at s.size else OWN_ONE "wrong"\n  }\n}\n`;
  return compile(['a.spec'], memoryHost({ 'a.spec': text }), { library });
}

function formulaOf({ value, diagnostics }: Compiled): string {
  expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([]);
  const [validator] = value[0]?.library.validators ?? [];
  return JSON.stringify(validator?.body, (key, one: unknown) =>
    key === 'span' || key === 'file' ? undefined : typeof one === 'bigint' ? Number(one) : one,
  );
}

const errors = ({ diagnostics }: Compiled): readonly string[] =>
  diagnostics.map(({ code, message, help }) => `${code} ${message}: ${help}`);

describe('the `def`s of what ships', () => {
  it('need no import, and are written out with what they name in their own file', () => {
    // `slab_address` of specs/lib/slabs.spec, spelled out.
    const spelled =
      '(s - (symbols["vmemmap_base"] as u64)) / sizeof(slab) * 4096 + (symbols["page_offset_base"] as u64)';
    expect(formulaOf(compiled('slab_address(&s) != 0'))).toBe(
      formulaOf(compiled(`${spelled.replace('(s -', '(&s -')} != 0`)),
    );
  });

  it('use the `let`s of their file, and what it imports, whoever else has such', () => {
    const host = memoryHost({
      'lib/a.spec': 'let base = 5\nlet other = 7\ndef more(n) = n + base\ndef rest(n) = n & other',
      'lib/b.spec': 'import { more, other } from "./a.spec"\ndef most(n) = more(n) * other',
      'lib/c.spec': 'let other = 9\ndef more(n) = n - other',
    });
    const further = compile(['lib/a.spec', 'lib/b.spec', 'lib/c.spec'], host, { ships: true });
    expect(errors(further)).toEqual([]);
    const library = further.value.map((one) => one.library).reduce(joined, SHIPPED);
    expect(formulaOf(compiled('most(s.size) != 42', '', library))).toBe(
      formulaOf(compiled('(s.size + 5) * 7 != 42')),
    );
  });

  it('give way to those of the file, whatever those are', () => {
    const own = compiled('slab_address(s.size) == 8', 'def slab_address(n) = n + 1');
    expect(formulaOf(own)).toBe(formulaOf(compiled('s.size + 1 == 8')));
  });

  it('are told of where they stand when what they are given is wrong', () => {
    const { diagnostics, sources } = compiled('slab_address("x") != 0');
    const [first] = diagnostics;
    expect(first?.labels.map(({ span }) => span.file)).toContain('a.spec');
    for (const { span } of first?.labels ?? [])
      expect(sources.get(span.file)?.text.length).toBeGreaterThan(span.end);
    expect(errors(compiled('slab_address() != 0'))[0]).toMatch(/^E1024 .*0 values/);
  });

  it('are meant by no name that several files have, and are suggested when one is misspelt', () => {
    expect(errors(compiled('owner(s) != 0'))).toEqual([
      'E1023 there is no function `owner`: specs/lib/more-locks.spec, specs/lib/run-queues.spec, specs/lib/timers.spec have one each: import the one that is meant, or write a `def`',
    ]);
    expect(errors(compiled('slab_adress(s) != 0'))).toEqual([
      'E1023 there is no function `slab_adress`: did you mean `slab_address`?',
    ]);
    for (const name of ['constructor', '__proto__', 'toString'])
      expect(errors(compiled(`${name}(s) != 0`))[0]).toContain(`E1023 there is no function \`${name}\``);
  });
});

describe('the `let`s of what ships', () => {
  it('need no import: in formulas and in scenarios', () => {
    for (const [condition, let_] of [
      ['s.size < most_active', 'let most_active = 32_768'],
      ['s.size in policies', 'let policies = [0, 1, 2, 3, 5, 6]'],
      ['s.size in [most_active, 7]', 'let most_active = 32_768'],
    ] as const)
      expect(formulaOf(compiled(condition))).toBe(formulaOf(compiled(condition, let_)));
    const scenario = (let_: string): Compiled => {
      const text = `${let_}scenario "a" {
  machine { cpus 0..1; memory 64 MiB }
  lpar web { owns cpus 0; owns memory 32 MiB; kernel linux { workload idle } }
  ambulance rescue { owns cpus 1; owns memory 16 MiB; attends web }
  at 40 ms: set web.tasks["init"].flags to PF_KTHREAD
  expect { check web.tasks["init"].flags != PF_KTHREAD }
}`;
      return compile(['a.spec'], memoryHost({ 'a.spec': text }), { library: SHIPPED });
    };
    const plain = ({ value, diagnostics }: Compiled): string => {
      expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([]);
      const [one] = value[0]?.scenarios ?? [];
      return JSON.stringify([one?.triggers, one?.claims], (key, at: unknown) =>
        key === 'span' || key === 'id' ? undefined : typeof at === 'bigint' ? Number(at) : at,
      );
    };
    expect(plain(scenario(''))).toBe(plain(scenario('let PF_KTHREAD = 0x20_0000\n')));
  });

  it('give way to every other name, and to the words of an enumeration', () => {
    const own = 'struct kind { which: enum u32 { dies = 7, lives = 8 } }\n';
    expect(formulaOf(compiled('s.size == most_active', 'let most_active = 5'))).toBe(
      formulaOf(compiled('s.size == 5')),
    );
    const of_kind = (word: string): Compiled => compiled(`(symbols["kinds"] as kind).which != ${word}`, own);
    expect(formulaOf(of_kind('dies'))).toBe(formulaOf(of_kind('7')));
    expect(errors(of_kind('of_queue'))).toEqual([
      'E1021 this enumeration has no `of_queue`: it has `dies`, `lives`',
    ]);
  });

  it('are meant by no name that several files have', () => {
    const which =
      'specs/lib/run-queues.spec, specs/lib/tasks.spec have one each: import the one that is meant, or write a `let`';
    expect(errors(compiled('s.size != TASK_DEAD'))).toEqual([
      `E1021 there is no name \`TASK_DEAD\` here: ${which}`,
    ]);
    for (const name of ['constructor', '__proto__'])
      expect(errors(compiled(`s.size != ${name}`))[0]).toContain(`E1021 there is no name \`${name}\``);
  });
});
