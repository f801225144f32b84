import { assemble } from '../../src/formats/locator-code/assemble.ts';
import type { LocatorEntry } from '../../src/formats/locator-code/entry.ts';

/** A list of tasks by whatever name, whose roots are what some code says. */
export function entryOf(name: string, code: string): LocatorEntry {
  const assembled = assemble(code);
  if (!assembled.ok) throw new Error(assembled.message);
  const names = {
    name,
    parent: '',
    type: 'task_struct',
    via: 'tasks',
    label: 'comm',
    id: 'pid',
    key: '',
    space: '',
    guard_type: '',
    object_type: '',
    head_type: '',
  };
  return {
    shape: 'list',
    including_head: false,
    limit: 1,
    names,
    texts: assembled.texts,
    blocks: assembled.blocks,
  };
}
