import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { formatLocator, parseLocator } from '../../src/formats/locator.ts';
import { COLLECTIONS } from '../../src/model/collections.ts';

const RUN_QUEUES =
  'NAME=run_queues\nSHAPE=percpu\nROOT=runqueues\nPERCPU=yes\nTYPE=rq\nTREE=cfs.tasks_timeline\n';

test('a locator has a name, a shape, a root, a space and keys', () => {
  const { locator } = parseLocator(RUN_QUEUES);
  expect(locator).toMatchObject({ name: 'run_queues', shape: 'percpu', space: 'kernel' });
  expect(locator?.root).toEqual({ symbol: 'runqueues', address: 0, member: '' });
  expect([...(locator?.keys ?? [])]).toEqual([['PERCPU', 'yes'], ['TYPE', 'rq'], ['TREE', 'cfs.tasks_timeline']]); // prettier-ignore
});

test.each([
  ['init_task.tasks', { symbol: 'init_task', address: 0, member: 'tasks' }],
  [
    'bases.clock_base[0].active.rb_root',
    { symbol: 'bases', address: 0, member: 'clock_base[0].active.rb_root' },
  ],
  ['0x00007f0000001000.orders', { symbol: '', address: 0x7f00_0000_1000, member: 'orders' }],
  ['0xffffffff81000000', { symbol: '', address: -0x7f00_0000, member: '' }],
])('the root %s is read', (root, expected) => {
  expect(parseLocator(`NAME=x\nSHAPE=one\nROOT=${root}\n`).locator?.root).toEqual(expected);
});

test.each([
  ['no text', '', 'NAME'],
  ['no shape', 'NAME=tasks\nROOT=a\n', 'SHAPE'],
  ['an unknown shape', 'NAME=tasks\nSHAPE=graph\nROOT=a\n', 'graph'],
  ['no root', 'NAME=tasks\nSHAPE=list\n', 'ROOT'],
  ['a root that is none', 'NAME=tasks\nSHAPE=list\nROOT=a->b\n', 'ROOT'],
  ['a space that is none', 'NAME=tasks\nSHAPE=list\nROOT=a\nSPACE=mars\n', 'SPACE'],
  ['a line without a key', 'NAME=tasks\nloop 0\n', 'loop 0'],
  ['a key that is stated twice', 'NAME=a\nNAME=b\n', 'NAME'],
  ['a name that is none', 'NAME=../x\nSHAPE=list\nROOT=a\n', 'NAME'],
])('%s is a problem that is named', (_, text, word) => {
  const { locator, problem } = parseLocator(text);
  expect(locator).toBeUndefined();
  expect(problem).toContain(word);
});

test('a locator that cannot be read still says whose it is', () => {
  expect(parseLocator('NAME=tasks\nloop 0\n').name).toBe('tasks');
});

/** The examples of the documentation, several keys on a line there. */
function documented(): string[] {
  const text = readFileSync(new URL('../../src/formats/region.md', import.meta.url), 'utf8');
  const block = /## Those that the simulated kernel describes so\s+```\n(.*?)```/s.exec(text)?.[1] ?? '';
  return block.split('\n\n').map((example) => `${example.trim().split(/\s+/).join('\n')}\n`);
}

// Slab caches, super blocks and dentries came later: a guest describes those in code alone.
const CODE_ALONE = ['dentries', 'slabs', 'super_blocks'];

test('the documentation has a text locator for every structure that can be described so', () => {
  const names = documented().map((text) => parseLocator(text).locator?.name);
  const describable = COLLECTIONS.filter((collection) => collection.describable).map(({ name }) => name);
  expect([...names, ...CODE_ALONE].toSorted()).toEqual(describable.toSorted());
});

test('a locator that is written is read back as it was', () => {
  for (const text of documented()) {
    const { locator } = parseLocator(text);
    expect(locator && parseLocator(formatLocator(locator)).locator).toEqual(locator);
  }
});
