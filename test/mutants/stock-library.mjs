/**
 * One-line mutations of what the library asks of structures that only a stock kernel has, one for each file of it. Its
 * fixture, `named`, is looked for in the memory of a guest under QEMU: where there is none, they are left out.
 */
const killer = 'test/library/stock.real.test.ts';
export const mutants = [
  { id: 'a-mount-is-of-the-namespace', file: 'specs/lib/mounts.spec', from: 'require m.mnt_ns == namespace()', to: 'require m.mnt_ns != 0', killer, named: 'mounts finds MOUNT_NAMESPACE' },
  { id: 'a-pid-has-references', file: 'specs/lib/pids.spec', from: 'p.count.refs.counter in 1..0x7fff_ffff', to: 'p.count.refs.counter in 0..0x7fff_ffff', killer, named: 'pids finds PID_COUNT' },
  { id: 'a-pool-knows-its-number', file: 'specs/lib/work-queues.spec', from: 'require p.id == p.index', to: 'require p.id >= p.index', killer, named: 'worker_pools finds POOL_ID' },
  { id: 'free-blocks-are-counted', file: 'specs/lib/memory-map.spec', from: 'require a.nr_free == found', to: 'require a.nr_free >= found', killer, named: 'free_areas finds FREE_COUNT' },
  { id: 'real-time-tasks-are-counted', file: 'specs/lib/class-queues.spec', from: 'require q.rt.rt_nr_running == count(q.real_time)', to: 'require q.rt.rt_nr_running >= count(q.real_time)', killer, named: 'class_queues finds CLASS_COUNT: class_queues[0].rt' },
  { id: 'a-module-has-one-of-four-states', file: 'specs/lib/modules.spec', from: 'require m.state in 0..3', to: 'require m.state in 0..9', killer, named: 'modules finds MODULE_STATE' },
  { id: 'areas-do-not-overlap', file: 'specs/lib/vmap.spec', from: 'before(a).va_end <= a.va_start', to: 'before(a).va_start <= a.va_start', killer, named: 'vmap_areas finds VMAP_ORDER' },
  { id: 'an-interrupt-is-not-off-for-ever', file: 'specs/lib/interrupts.spec', from: 'require d.depth <= 64', to: 'require d.depth <= 640', killer, named: 'interrupts finds IRQ_DEPTH' },
  { id: 'a-file-table-has-users', file: 'specs/lib/credentials.spec', from: 'require s.count.counter > 0', to: 'require s.count.counter >= 0', killer, named: 'file_tables finds FILES_COUNT' },
  { id: 'areas-of-a-process-are-counted', file: 'specs/lib/address-spaces.spec', from: 'require m.map_count == count(m.areas)', to: 'require m.map_count >= count(m.areas)', killer, named: 'areas finds AREA_COUNT' },
  { id: 'a-sequence-lock-may-leak', file: 'specs/lib/more-locks.spec', from: 'require not leaked(s.lock)', to: 'require is_spinlock(s.lock)', killer, named: 'spin_locks finds LOCK_NO_HOLDER: sequence_locks' },
  { id: 'code-that-was-being-written-is-known', file: 'specs/lib/text.spec', from: '[0xe8, 0xe9, 0xcc])', to: '[0xe8, 0xe9])', killer, named: 'know code that was being written' },
]; // prettier-ignore
