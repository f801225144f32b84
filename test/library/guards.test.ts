import { expect, it } from 'vitest';
import type { Formula } from '../../src/model/structure.ts';
import { SHIPPED } from '../support/library.ts';

/** Linux 6.1: the locks under which a kernel changes what a locator goes through. */
const LOCKS = {
  tasklist_lock: ['tasks', 'threads'],
  '.mmap_lock': ['areas', 'spaces'],
  '.__lock': ['class_queues', 'deadlines', 'group_entities', 'queued', 'real_time', 'run_queues'],
  task_group_lock: ['task_groups'],
  sb_lock: ['super_blocks'],
  '.lock': [
    'free_pages',
    'hrtimer_bases',
    'hrtimer_variables',
    'hrtimers',
    'idle_workers',
    'orders',
    'timer_wheels',
    'timers',
    'works',
  ],
  pidmap_lock: ['pids'],
  '.list_lock': ['partial_slabs'],
  vmap_area_lock: ['vmap_areas', 'vmap_tree'],
};
/** Not by a symbol or a member of its own: the mutex of modules, cast to its type. */
const CAST = ['modules'];

/** The last name that a guard is written with. */
function lockOf(guard: Formula): string {
  if (guard.kind === 'symbol') return guard.name;
  return guard.kind === 'member' ? `.${guard.name}` : '';
}

it('every structure that a kernel changes under a lock says which lock', () => {
  const told = SHIPPED.locators.flatMap(({ name, guard }) => (guard ? [`${lockOf(guard)} ${name}`] : []));
  const expected = Object.entries(LOCKS).flatMap(([lock, names]) => names.map((name) => `${lock} ${name}`));
  expect(told.toSorted()).toEqual([...expected, ...CAST.map((name) => ` ${name}`)].toSorted());
});
