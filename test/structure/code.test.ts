import { describe, expect, it } from 'vitest';
import { Code } from '../../src/structure/compile/code.ts';

describe('source text in the making', () => {
  it('reads once what is read again in the same block or one inside of it', () => {
    const code = new Code();
    const base = code.keep('R.at');
    const first = code.keep(`m0.u32((${base} + 8))`);
    code.labelled(() => {
      expect(code.keep(`m0.u32((${base} + 8))`)).toBe(first);
      expect(code.keep(`m0.u32((${base} + 4))`)).not.toBe(first);
      expect(code.keep(`m0.u16((${base} + 8))`)).not.toBe(first);
    });
    expect(code.text.match(/u32/g)).toHaveLength(2);
  });

  it('reads again what only a block beside has read', () => {
    const code = new Code();
    const kept: string[] = [];
    code.block('if (true)', () => kept.push(code.keep('R.symbols[3]')));
    code.block('else', () => kept.push(code.keep('R.symbols[3]')));
    kept.push(code.keep('R.symbols[3]'));
    expect(new Set(kept).size).toBe(3);
  });

  it('works out again what is made of something that changes', () => {
    const code = new Code();
    const count = code.variable('0');
    const elements = code.keep('R.elements(0)');
    for (const changing of [
      count,
      `${count} + 1`,
      `${elements}.length`,
      'R.high',
      'R.trail()',
      `m0.u64(${code.fresh()})`,
    ])
      expect(code.keep(changing)).not.toBe(code.keep(changing));
  });

  it('asks once whether something holds, and again behind the block in which it asked', () => {
    const code = new Code();
    code.labelled((label) => {
      code.unless('v0 !== v0', `break ${label};`);
      code.labelled(() => code.unless('v0 !== v0', 'return;'));
    });
    expect(code.text.match(/v0 !== v0/g)).toHaveLength(1);
    code.unless('v0 !== v0', 'return;');
    expect(code.text.match(/v0 !== v0/g)).toHaveLength(2);
  });

  it('puts aside what hardly ever runs, and gives it what it speaks of', () => {
    const code = new Code();
    const base = code.keep('R.at');
    const seen = code.keep(`m0.u8(${base})`);
    code.block(`if (${seen} === 0)`, () =>
      code.rarely(() => {
        const again = code.keep(`m0.u8(${base})`);
        const other = code.keep(`m1.u8(${base})`);
        code.line(`R.told(${again}, ${other});`);
      }),
    );
    expect(code.text).not.toContain('told');
    const told: number[][] = [];
    const source = `const m0 = { u8: () => 0 }; const m1 = { u8: (at) => at * 2 }; ${code.aside}\n${code.text}`;
    const run = new Function('R', source) as (runtime: object) => void;
    run({ at: 21, told: (...all: number[]) => told.push(all) });
    expect(told).toEqual([[0, 42]]);
  });
});
