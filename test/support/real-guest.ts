import { foldHalves } from '../../src/base/fold.ts';
import type { Kernel } from '../../src/formats/kernel.ts';
import { openKernel } from '../../src/formats/kernel.ts';
import { parseVmcoreInfo } from '../../src/formats/vmcoreinfo.ts';
import { Hypervisor } from '../../src/hypervisor/hypervisor.ts';
import type { LparModel, TopologyModel, Workload } from '../../src/model/machine.ts';
import type { TraceEvent } from '../../src/target/events.ts';
import type { Partition } from '../../src/target/target.ts';
import { cacheFolder } from '../../src/targets/qemu/guest/guest.ts';
import { prepareGuest } from '../../src/targets/qemu/guest/prepare.ts';
import { restoreMachine } from '../../src/targets/qemu/machine.ts';
import { needPrograms } from '../../src/targets/qemu/programs.ts';
import { problemOf, QemuProblem } from '../../src/targets/qemu/problem.ts';
import type { QemuTarget } from '../../src/targets/qemu/qemu-target.ts';

const search_path = process.env['PATH'] ?? '';
const cache = cacheFolder(process.env);
export const FILES = { cache, search_path };

/** Why no real guest can be had on this machine; undefined when one was prepared. */
export function whyNoGuest(): string | undefined {
  const problem = problemOf(() => {
    needPrograms(['qemu-system-x86_64', 'setpriv', 'mkfifo', 'cp'], search_path);
    return prepareGuest(FILES);
  });
  return problem instanceof QemuProblem ? `${problem.message} (${problem.mend})` : undefined;
}

export interface Wanted {
  readonly workload?: Workload;
  readonly memory_bytes?: number;
  readonly cpus?: number;
  readonly names?: readonly string[];
}

export function topologyOf({
  workload = 'web_server',
  memory_bytes = 2 ** 28,
  cpus = 2,
  names = ['web'],
}: Wanted): TopologyModel {
  const lpar = (name: string): LparModel =>
    ({
      name,
      cpus: {
        mode: 'owned',
        cpus: Array.from({ length: cpus }, (_, index) => index),
        vcpus: cpus,
        weight: 1,
      },
      memory_bytes,
      devices: [],
      kernel: {
        flavour: 'linux',
        workload,
        heartbeat_ns: 1e8,
        heartbeat_by: 'fork',
        watchdog_thresh_ns: 1e10,
        panic_on_oops: false,
        softlockup_panic: false,
        layout_seed: 0,
      },
      metadata: { size_bytes: 65_536, seal: 'none', describes: [] },
    }) as unknown as LparModel;
  return {
    machine: { cpus: [], memory_bytes: 0, devices: [], iommu: 'off', slice_ns: 1e7 },
    lpars: names.map(lpar),
    ambulances: [],
  } as unknown as TopologyModel;
}

export interface RealMachine {
  readonly target: QemuTarget;
  readonly hypervisor: Hypervisor;
  readonly events: TraceEvent[];
}

/** A machine, its hypervisor and what happens on it, given to `use` and ended afterwards. */
export function withMachine<T>(
  wanted: Wanted & { readonly levels?: 4 | 5 },
  use: (machine: RealMachine) => T,
): T {
  const topology = topologyOf(wanted);
  const target = restoreMachine(topology, { ...FILES, ...(wanted.levels && { levels: wanted.levels }) });
  if (target instanceof QemuProblem) throw target;
  try {
    const events: TraceEvent[] = [];
    target.onTrace((event) => (events.push(event), false));
    const hypervisor = new Hypervisor(target, topology);
    target.begin();
    return use({ target, hypervisor, events });
  } finally {
    target.release();
  }
}

/** The kernel of a partition, by what it registered alone. */
export function kernelOf(partition: Partition): Kernel {
  const opened = openKernel(
    (at, into) => partition.memory.read(at, into),
    parseVmcoreInfo(partition.vmcoreinfo()),
  );
  if (!opened.ok) throw new Error(opened.message);
  return opened.value;
}

/** Guest-physical address of a symbol. */
export function symbolIn(kernel: Kernel, name: string): number {
  const address = kernel.kallsyms.lookup(name);
  const physical = address === undefined ? -1 : kernel.space.translate(address);
  if (physical < 0) throw new Error(`no ${name}`);
  return physical;
}

/** Every task by name, with the guest-physical address of its task_struct: the list that init_task begins. */
export function tasksIn(kernel: Kernel): readonly { readonly comm: string; readonly physical: number }[] {
  if (!kernel.btf.ok) throw new Error('no BTF');
  const type = kernel.btf.value.find('struct', 'task_struct') ?? 0;
  const [tasks, comm] = ['tasks', 'comm'].map(
    (name) => kernel.btf.ok && kernel.btf.value.member(type, name)?.offset,
  ) as [number, number];
  const first = kernel.kallsyms.lookup('init_task') as number;
  const found: { comm: string; physical: number }[] = [];
  const word = new Uint8Array(8);
  const name = new Uint8Array(16);
  for (let task = first; found.length < 4096;) {
    if (!kernel.space.read(task + comm, name) || !kernel.space.read(task + tasks, word)) break;
    found.push({
      comm: Buffer.from(name).toString('latin1').replace(/\0.*$/s, ''),
      physical: kernel.space.translate(task),
    });
    const view = new DataView(word.buffer);
    task = foldHalves(kernel.space.fold, view.getUint32(0, true), view.getUint32(4, true)) - tasks;
    if (task === first) break;
  }
  return found;
}
