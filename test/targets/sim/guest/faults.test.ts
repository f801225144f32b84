import { describe, expect, it } from 'vitest';
import { VECTOR } from '../../../../src/target/hypercalls.ts';
import { Booted } from './support.ts';

const POISON1 = 0xdead_0000_0000_0100n;
const signs = (guest: Booted, kind: string): unknown[] => guest.of(kind).map((event) => event.detail['sign']);
const beatsAfter = (guest: Booted, ms: number): number =>
  guest.of('heartbeat').filter((event) => event.time_ns > ms * 1e6).length;

describe('what breaks follows from the bytes', () => {
  it('a smashed tasks.next makes the exit behind it a list_del BUG, and the heartbeat stops', () => {
    const guest = new Booted().run(20);
    const nginx = guest.task('nginx');
    const victim = guest.task('php-fpm');
    guest.write64(nginx + guest.offset('task_struct', 'tasks'), POISON1);
    const pending = victim + guest.offset('task_struct', 'pending.signal');
    guest.write64(pending, 1n << 8n);
    guest.write64(victim, 4n);
    guest.run(60);
    expect(signs(guest, 'oops')).toEqual(['list_bug']);
    expect(guest.log().join('\n')).toContain('list_del corruption. prev->next should be');
    expect(guest.log().join('\n')).toContain('kernel BUG at lib/list_debug.c');
    expect(guest.of('panic')).toEqual([]);
    expect(beatsAfter(guest, 40)).toBe(0);
    expect(guest.u32(guest.symbol('tasklist_lock')) & 0xff).toBe(0xff);
  });

  it('a leaked tasklist_lock silences the fork heartbeat, and giving it back brings it back', () => {
    const guest = new Booted().run(21);
    const lock = guest.symbol('tasklist_lock');
    guest.untilFree(lock);
    guest.write8(lock, 0xff);
    guest.run(60);
    expect(beatsAfter(guest, 27)).toBe(0);
    guest.write8(lock, 0);
    guest.run(100);
    expect(beatsAfter(guest, 61)).toBeGreaterThan(6);
    expect(guest.of('oops')).toEqual([]);
  });

  it('a heartbeat by thread beats on while tasklist_lock is leaked', () => {
    const guest = new Booted({ kernel: { heartbeat_by: 'thread' }, workload: 'idle' }).run(21);
    guest.write8(guest.symbol('tasklist_lock'), 0xff);
    guest.run(80);
    expect(beatsAfter(guest, 27)).toBeGreaterThan(8);
  });

  it('a smashed stack end panics in the scheduler', () => {
    const guest = new Booted().run(20);
    const stack = guest.u64(guest.task('shop') + guest.offset('task_struct', 'stack'));
    guest.write8(stack, 0xa5);
    guest.run(60);
    expect(signs(guest, 'panic')).toEqual(['stack_end']);
    expect(guest.log().join('\n')).toContain('corrupted stack end detected inside scheduler');
  });

  it('clearing the page-table entry under a run queue oopses the guest', () => {
    const guest = new Booted().run(20);
    const rq = guest.perCpu(0, 'runqueues');
    const physical = guest.physical(rq);
    guest.write64(guest.symbol('level1_direct_pgt') + (Math.floor(physical / 4096) % 512) * 8, 0n);
    guest.run(60);
    expect(signs(guest, 'oops')[0]).toBe('page_fault');
    expect(guest.log().join('\n')).toContain('BUG: unable to handle page fault for address');
  });

  it('a bad timer function is jumped to, and the interrupt that did it panics', () => {
    const guest = new Booted().run(20);
    const timer = guest.perCpu(1, 'tick_cpu_sched') + guest.offset('tick_sched', 'sched_timer');
    guest.write64(timer + guest.offset('hrtimer', 'function'), 0n);
    guest.run(40);
    expect(signs(guest, 'oops')).toEqual(['null_pointer']);
    expect(signs(guest, 'panic')).toEqual(['null_pointer']);
  });

  it('a spinlock that is never freed is a soft lock-up after twice watchdog_thresh', () => {
    const guest = new Booted({ kernel: { watchdog_thresh_ns: 100_000_000 } }).run(20);
    guest.write8(guest.symbol('inode_hash_lock'), 1);
    guest.run(320);
    const stalls = guest.of('stall');
    expect(stalls[0]?.detail['sign']).toBe('soft_lockup');
    expect(stalls[0]!.time_ns / 1e6).toBeGreaterThan(200);
    expect(guest.log().join('\n')).toContain('watchdog: BUG: soft lockup - CPU#');
  });

  it('a CPU that takes no interrupt is reported by its neighbour', () => {
    const guest = new Booted({ kernel: { watchdog_thresh_ns: 50_000_000 } }).run(20);
    guest.target.controls.stopCpu('web', 1);
    guest.run(400);
    expect(signs(guest, 'stall')).toContain('hard_lockup');
    expect(guest.log().join('\n')).toContain('Watchdog detected hard LOCKUP on cpu 1');
  });

  it('a stopped guest panics on request', () => {
    const guest = new Booted().run(20);
    guest.target.controls.raiseInterrupt('web', 0, VECTOR.sysrq);
    guest.run(40);
    expect(signs(guest, 'panic')).toEqual(['request']);
    expect(guest.of('panic')[0]!.time_ns / 1e6).toBeLessThan(21);
    expect(guest.log().join('\n')).toContain('Kernel panic - not syncing: sysrq triggered crash');
    expect(beatsAfter(guest, 25)).toBe(0);
  });

  it('with panic_on_oops the first oops is the end', () => {
    const guest = new Booted({ kernel: { panic_on_oops: true } }).run(20);
    guest.write64(guest.task('shop') + guest.offset('task_struct', 'signal'), 0x10n);
    const victim = guest.task('shop');
    guest.write64(victim + guest.offset('task_struct', 'pending.signal'), 1n << 8n);
    guest.write64(victim, 4n);
    guest.run(60);
    expect(signs(guest, 'oops')).toEqual(['null_pointer']);
    expect(signs(guest, 'panic')).toEqual(['oops']);
  });

  it('user code that leaves its memory is killed, and the kernel goes on', () => {
    const guest = new Booted().run(20);
    const mm = guest.u64(guest.task('shop') + guest.offset('task_struct', 'mm'));
    let table = guest.u64(mm + guest.offset('mm_struct', 'pgd'));
    // Down to the table that maps the process: indices of 0x500000.
    for (const index of [0, 0, 2])
      table = Math.floor(guest.u64(table + index * 8) / 4096) * 4096 - 0x7780_0000_0000;
    guest.write64(table + 0x100 * 8, 0n);
    guest.run(80);
    expect(guest.log().join('\n')).toMatch(/shop\[\d+\]: segfault at 00000000005000/);
    expect(guest.of('oops')).toEqual([]);
    expect(
      guest
        .untilFree(guest.symbol('tasklist_lock'))
        .tasks()
        .map((task) => task.comm),
    ).not.toContain('shop');
    expect(beatsAfter(guest, 70)).toBeGreaterThan(0);
  });

  it('an oops holds what Linux says of one', () => {
    const guest = new Booted().run(20);
    guest.write64(guest.symbol('super_blocks'), 0n);
    guest.run(60);
    const log = guest.log().join('\n');
    expect(log).toContain('BUG: kernel NULL pointer dereference, address: 0');
    expect(log).toMatch(
      /#PF: supervisor read access in kernel mode, error_code\(0x0000\) - not-present page/,
    );
    expect(log).toMatch(/Oops: 0000 \[#1\] PREEMPT SMP NOPTI/);
    expect(log).toMatch(/CPU: \d PID: \d+ Comm: [\w-]+ Not tainted 6\.1\.0-siren #1/);
    expect(log).toMatch(/RIP: 0010:iterate_supers\+0x[0-9a-f]+\/0x[0-9a-f]+/);
    // Its holder is gone, and the lock was never given back.
    expect(guest.u32(guest.symbol('sb_lock')) & 0xff).toBe(1);
    expect(beatsAfter(guest, 50)).toBeGreaterThan(0);
  });

  it('a lost heartbeat timer silences a healthy kernel', () => {
    const guest = new Booted().run(21);
    const timer = guest.symbol('heartbeat_timer');
    guest.write64(timer + guest.offset('hrtimer', 'node.expires'), 1n << 60n);
    guest.run(100);
    expect(beatsAfter(guest, 30)).toBe(0);
    expect(guest.of('oops')).toEqual([]);
  });
});
