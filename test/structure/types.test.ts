// Types from a real kernel's BTF, and what differs from what a spec wrote out.
import { describe, expect, it } from 'vitest';
import { openBtf } from '../../src/formats/btf.ts';
import { findMember } from '../../src/model/type-source.ts';
import { link } from '../../src/structure/link.ts';
import { BtfTypes, differences } from '../../src/structure/types.ts';
import { linuxBtf } from '../support/linux-excerpt.ts';
import { library, struct, typeOf } from '../support/structures.ts';

function opened() {
  const result = openBtf(linuxBtf());
  if (!result.ok) throw new Error(result.message);
  return result.value;
}
const btf = opened();
const types = new BtfTypes(btf);
const source = {
  named: (name: string) => types.named(name),
  perCpu: () => undefined,
  locator: () => undefined,
};

describe('the types of a kernel', () => {
  it('have the offsets that its BTF has, through anonymous members', () => {
    const id = btf.findType('task_struct') as number;
    // A part of a kernel's BTF: what pointers lead to has been cut.
    for (const name of ['tasks', 'pid', 'comm', '__state', 'stack']) {
      const member = findMember(typeOf('task_struct'), name, source);
      expect(typeof member === 'object' ? member.offset : undefined, name).toBe(btf.member(id, name)?.offset);
    }
    expect(findMember(typeOf('task_struct'), 'comm', source)).toMatchObject({
      type: { kind: 'array', of: { kind: 'char' }, count: 16 },
    });
    expect(types.named('list_head')).toMatchObject({
      kind: 'aggregate',
      bytes: 16,
      members: [
        { name: 'next', offset: 0, type: { kind: 'pointer' } },
        { name: 'prev', offset: 8 },
      ],
    });
    expect(types.named('no_such_struct')).toBeUndefined();
  });

  it('tell where a struct that is written out differs', () => {
    const head = types.named('list_head')!;
    expect(differences(struct('list_head', { next: '*void', prev: '*void' }), head, source)).toEqual([]);
    expect(
      differences(struct('list_head', { prev: '*void', next: 'u32', more: 'u64' }), head, source),
    ).toEqual([
      'list_head has 24 bytes, in the guest 16',
      'list_head.prev is at 0, in the guest at 8',
      'list_head.next is at 8, in the guest at 0',
      'list_head.next is u32, in the guest *void',
      "list_head.more is not in the guest's",
    ]);
  });

  it('serve before what is written out, and the difference is noted', () => {
    const of = library([struct('rb_root', { pad: 'u64', rb_node: '*void' })], [], []);
    const linked = link(of, btf);
    expect(linked.notes).toContain('rb_root.rb_node is at 8, in the guest at 0');
    expect(linked.memberAt('list_head', 8)).toBe('.prev');
  });

  it('are linked once for one kernel', () => {
    const of = library([], [], []);
    expect(link(of, btf)).toBe(link(of, btf));
    expect(link(of, undefined)).not.toBe(link(of, btf));
  });
});
