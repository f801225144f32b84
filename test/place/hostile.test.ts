import { describe, expect, it } from 'vitest';
import { substream } from '../../src/base/random.ts';
import type { Expression } from '../../src/model/expression.ts';
import { evaluate, resolve, scalar } from '../../src/place/evaluate.ts';
import { worldOf } from '../../src/place/world.ts';
import { BareKernel, bareTarget, bareTopology } from '../support/bare-kernel.ts';
import { place } from '../support/expressions.ts';

const PATHS = [
  'web.tasks["nginx"].tasks.next',
  'web.tasks[any].mm.pgd',
  'web.threads["shop"].comm',
  'web.tasks["nginx"].successor.pid',
  'web.run_queues[1].curr',
  'web.locks["sb_lock"]',
  'web.stacks["nginx"].sp',
  'web.timers[0].function',
  'web.hrtimers[any]',
  'web.orders[any].link.prev',
  'web.log',
  'web.metadata.locators["orders"]',
  'web.symbols["prb"]',
  'web.page_table[web.orders[2]]',
  'web.second_level[web.tasks["init"]]',
].map(place);
const counts: Expression[] = ['web.tasks', 'web.timers', 'web.orders'].map((text) => ({
  kind: 'call',
  name: 'count',
  args: [place(text)],
  span: { file: '', start: 0, end: 0 },
}));

describe('places in damaged memory', () => {
  it('whatever bits are flipped, a place is found or an error is returned', () => {
    const pristine = new BareKernel();
    const image = pristine.bytes.slice();
    const random = substream(7, 'hostile');
    const codes = new Set<string>();
    for (let round = 0; round < 60; round++) {
      pristine.bytes.set(image);
      const hits = 1 + random.below(200);
      for (let hit = 0; hit < hits; hit++) {
        // Where the kernel's data lie, and now and then a page table.
        const at = random.below(8) === 0 ? random.below(0x8000) : 0x20_0000 + random.below(0x8_0000);
        pristine.bytes[at] = (pristine.bytes[at] as number) ^ (1 << random.below(8));
      }
      const world = worldOf({ topology: bareTopology(), lets: [] }, bareTarget([pristine]), round);
      for (const path of PATHS) {
        const resolved = resolve(world, path);
        if (!resolved.ok) codes.add(resolved.code);
        scalar(world, evaluate(world, path));
      }
      for (const count of counts) evaluate(world, count);
    }
    expect(codes).toContain('UNMAPPED');
  });
});
