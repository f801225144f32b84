import { describe, expect, it } from 'vitest';
import { Booted } from './support.ts';

describe('locks as words of memory', () => {
  it('a spinlock queues its waiters: the first on the pending bit, the others by the tail, and all get it in the end', () => {
    const guest = new Booted({ cpus: 4, workload: 'compile' }).run(10);
    const lock = guest.symbol('inode_hash_lock');
    guest.untilFree(lock);
    guest.write8(lock, 1);
    guest.run(60);
    expect(guest.u32(lock) & 0xff).toBe(1);
    expect(guest.u32(lock) & 0xff00).toBe(0x100);
    expect(guest.u32(lock) >>> 16).not.toBe(0);
    guest.write8(lock, 0);
    guest.run(120);
    expect(guest.untilFree(lock).u32(lock)).toBe(0);
    for (let cpu = 0; cpu < 4; cpu++)
      expect(guest.u32(guest.perCpu(cpu, 'qnodes') + guest.offset('mcs_spinlock', 'count'))).toBe(0);
    expect(guest.of('oops')).toEqual([]);
  });

  it('a writer waits for readers, readers wait for a writer, and the counts come back to nothing', () => {
    const guest = new Booted({ cpus: 2 }).run(11);
    const lock = guest.symbol('tasklist_lock');
    guest.untilFree(lock);
    guest.write8(lock + 1, 2);
    guest.run(30);
    // One reader that is nobody, and a writer that waits.
    expect(guest.u32(lock)).toBe(0x300);
    guest.write8(lock + 1, 1);
    guest.run(60);
    expect(guest.untilFree(lock).u32(lock)).toBe(0);
    expect(guest.u32(lock + guest.offset('qrwlock', 'wait_lock'))).toBe(0);
    expect(guest.of('heartbeat').filter((beat) => beat.time_ns > 31e6).length).toBeGreaterThan(4);
  });

  it('updates can be seen half done, and then their lock is held', () => {
    const guest = new Booted({ workload: 'idle' }).run(4.9);
    const lock = guest.symbol('tasklist_lock');
    let torn = 0;
    for (let turn = 0; turn < 4_000; turn++) {
      guest.target.runUntil(guest.target.now() + 50);
      try {
        guest.tasks();
      } catch {
        torn++;
        expect(guest.u32(lock)).not.toBe(0);
      }
    }
    expect(torn).toBeGreaterThan(0);
  });
});
