import { describe, expect, it } from 'vitest';
import { Booted } from './support.ts';

/** The stimulus `exit`: SIGKILL's bit, then TIF_SIGPENDING (target/hypercalls.ts). */
function kill(guest: Booted, comm: string): void {
  const task = guest.task(comm);
  guest.write64(task + guest.offset('task_struct', 'pending.signal'), 1n << 8n);
  guest.write64(task, BigInt(guest.u32(task) | 4));
}

function threads(guest: Booted): number {
  const link = guest.offset('task_struct', 'thread_group');
  guest.untilFree(guest.symbol('tasklist_lock'));
  return guest.tasks().reduce((sum, task) => sum + 1 + guest.ring(task.address + link, link).length, 0);
}

describe('a task that is asked to exit', () => {
  it('goes at its next chance, and init need not reap it', () => {
    const guest = new Booted().run(12);
    guest.untilFree(guest.symbol('tasklist_lock'));
    kill(guest, 'php-fpm');
    guest.run(40);
    expect(guest.tasks().map((task) => task.comm)).not.toContain('php-fpm');
    expect(threads(guest)).toBe(guest.u32(guest.symbol('nr_threads')));
    expect(guest.of('oops')).toEqual([]);
  });

  it('takes its threads with it', () => {
    const guest = new Booted().run(12);
    guest.untilFree(guest.symbol('tasklist_lock'));
    const before = threads(guest);
    kill(guest, 'nginx');
    guest.run(60);
    expect(guest.tasks().map((task) => task.comm)).not.toContain('nginx');
    expect(threads(guest)).toBe(before - 2);
    expect(guest.u32(guest.symbol('nr_threads'))).toBe(before - 2);
    expect(guest.of('stall')).toEqual([]);
  });

  it('when it is the heartbeat, leaves silence and a healthy kernel', () => {
    const guest = new Booted().run(12);
    guest.untilFree(guest.symbol('tasklist_lock'));
    kill(guest, 'heartbeat');
    guest.run(100);
    expect(guest.of('heartbeat').filter((beat) => beat.time_ns > 20e6)).toEqual([]);
    expect([...guest.of('oops'), ...guest.of('panic')]).toEqual([]);
  });

  it('when it is init or a kernel thread, does not hear of it', () => {
    const guest = new Booted().run(12);
    guest.untilFree(guest.symbol('tasklist_lock'));
    kill(guest, 'kthreadd');
    kill(guest, 'init');
    guest.run(100);
    const comms = guest
      .untilFree(guest.symbol('tasklist_lock'))
      .tasks()
      .map((task) => task.comm);
    expect(comms).toEqual(expect.arrayContaining(['kthreadd', 'init']));
    expect(guest.of('panic')).toEqual([]);
    expect(guest.of('stall')).toEqual([]);
  });
});
