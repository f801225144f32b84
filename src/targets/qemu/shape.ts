import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { DeviceKind, LparModel, TopologyModel } from '../../model/machine.ts';
import { WORKLOAD_TASKS } from '../../model/collections.ts';
import type { Guest } from './guest/guest.ts';
import { orderWords } from './guest/init.ts';

/** Shorter periods would be lost in the noise of an emulated machine. */
const LEAST_HEARTBEAT_MS = 50;
/** Less than this does not boot. */
const LEAST_MEMORY_BYTES = 128 * 1024 * 1024;
/** Bumped when what is below changes the machine that a snapshot holds. */
const SHAPE_FORMAT = 2;

/** What a guest is made of: everything that its snapshot depends on but QEMU and the guest's own files. */
export interface Shape {
  readonly cpus: number;
  readonly memory_bytes: number;
  readonly levels: 4 | 5;
  readonly devices: readonly DeviceKind[];
  /** The kernel's command line. */
  readonly command_line: string;
  readonly heartbeat_ns: number;
  /** In which it differs from what was asked for: sentences for the report. */
  readonly notes: readonly string[];
}

/** The shape of a partition of a topology. */
export function shapeOf(lpar: LparModel, topology: TopologyModel, levels: 4 | 5): Shape {
  const { kernel } = lpar;
  const notes: string[] = [];
  const asked_ms = Math.round(kernel.heartbeat_ns / 1e6);
  const heartbeat_ms = Math.max(LEAST_HEARTBEAT_MS, asked_ms);
  if (heartbeat_ms > asked_ms)
    notes.push(
      `${lpar.name}: the heartbeat's period was raised from ${kernel.heartbeat_ns / 1e6} ms to ${heartbeat_ms} ms`,
    );
  const megabytes = Math.ceil(Math.max(lpar.memory_bytes, LEAST_MEMORY_BYTES) / 2 ** 21) * 2;
  if (megabytes * 2 ** 20 > lpar.memory_bytes)
    notes.push(`${lpar.name}: memory was raised from ${lpar.memory_bytes / 2 ** 20} MiB to ${megabytes} MiB`);
  const kinds = new Map(topology.machine.devices.map(({ name, kind }) => [name, kind]));
  const words = [
    // An emulated timer may be late on a busy host: the kernel's own test of it would end the boot.
    'console=ttyS0 panic=0 no_timer_check',
    `watchdog_thresh=${Math.max(1, Math.round(kernel.watchdog_thresh_ns / 1e9))}`,
    ...(kernel.panic_on_oops ? ['oops=panic'] : []),
    ...(kernel.softlockup_panic ? ['softlockup_panic=1'] : []),
    ...orderWords({
      names: WORKLOAD_TASKS[kernel.workload] ?? [],
      heartbeat_ms,
      beat: kernel.heartbeat_by,
    }),
  ];
  return {
    cpus: lpar.cpus.vcpus,
    memory_bytes: megabytes * 2 ** 20,
    levels,
    devices: lpar.devices.flatMap(({ device }) => kinds.get(device) ?? []),
    command_line: words.join(' '),
    heartbeat_ns: heartbeat_ms * 1e6,
    notes,
  };
}

/** Twenty hex digits: the name of the snapshot. `qemu` tells one QEMU from another. */
export function shapeId(shape: Shape, guest: Guest, qemu: string): string {
  const { notes: _, ...rest } = shape;
  const text = JSON.stringify([SHAPE_FORMAT, rest, guest.id, qemu]);
  return createHash('sha256').update(text).digest('hex').slice(0, 20);
}

/** The pipes of a machine: the debugger's, and the serial line on which the guest beats and listens. */
export const PIPES = ['line', 'gdb'] as const;

/** Emulation in software, a thread for each processor. */
export const EMULATED = 'tcg,thread=multi';

/** QEMU's words for a machine of that shape whose files lie in `folder`. */
export function machineWords(shape: Shape, folder: string, accelerator: string): string[] {
  const megabytes = shape.memory_bytes / 2 ** 20;
  return [
    ['-nodefaults', '-no-user-config', '-display', 'none', '-nic', 'none', '-S'],
    ['-machine', 'q35,memory-backend=ram0', '-accel', accelerator, '-smp', `${shape.cpus}`],
    ['-m', `${megabytes}M`, '-cpu', shape.levels === 5 ? 'max' : 'max,la57=off'],
    ['-object', `memory-backend-file,id=ram0,size=${megabytes}M,mem-path=${join(folder, 'ram')},share=on`],
    ['-chardev', `file,id=console,path=${join(folder, 'console')}`, '-serial', 'chardev:console'],
    ['-chardev', `pipe,id=line,path=${join(folder, 'line')}`, '-serial', 'chardev:line'],
    ['-chardev', `pipe,id=gdb,path=${join(folder, 'gdb')}`],
    // A guest that gives up is left as it stands, so that it can be looked at.
    ['-action', 'panic=none,reboot=shutdown,shutdown=pause,watchdog=none'],
    ['-device', 'vmcoreinfo', '-device', 'pvpanic-pci'],
    ...shape.devices.map(deviceWords),
  ].flat();
}

/** A card whose other end is connected to nothing, a disk of zeroes. */
function deviceWords(kind: DeviceKind, index: number): string[] {
  if (kind === 'network')
    return [
      '-netdev',
      `hubport,id=net${index},hubid=${index}`,
      '-device',
      `virtio-net-pci,netdev=net${index},romfile=`,
    ];
  if (kind === 'block')
    return [
      '-blockdev',
      `null-co,node-name=disk${index},size=67108864,read-zeroes=on`,
      '-device',
      `virtio-blk-pci,drive=disk${index}`,
    ];
  return [];
}

/** The words that boot a guest. */
export function bootWords(shape: Shape, guest: Guest): string[] {
  return ['-kernel', guest.kernel, '-initrd', guest.initramfs, '-append', shape.command_line];
}
