import { createHash } from 'node:crypto';
import type { RunTarget } from '../../execute/machine.ts';
import type { TraceEvent } from '../../target/events.ts';
import { DISTRESS, HYPERCALL } from '../../target/hypercalls.ts';
import type { DeviceStatus, Progress, Supervisor } from '../../target/supervisor.ts';
import type { FaultControls } from '../../target/target.ts';
import type { ConsoleNews } from './console-signs.ts';
import { sleep_ms } from './process/channel.ts';
import type { QemuPartition } from './qemu-partition.ts';
import { closeAll } from './qemu-partition.ts';
import { RunningTime } from './running-time.ts';

type Listener = (event: TraceEvent) => boolean;
type Detail = TraceEvent['detail'];

/** Between two looks at what runs. */
const LOOK_MS = 2;

/** Why a stock machine cannot be broken so. */
const CANNOT = {
  loseInterrupt:
    "QEMU lets nobody keep an interrupt from a processor: the local APIC's registers answer to the processor that they belong to, not to a monitor or a debugger, and a device's are masked where the guest unmasks them again",
  injectDma:
    'no device of this machine can be told from outside to write: there is no IOMMU and no second level here that would have to stop it',
  raiseInterrupt:
    'a stock kernel has no code that waits for such an interrupt: what the simulated guest is asked to do by one cannot be asked for here',
  watch: 'who reads a byte of a real machine is not seen from outside',
} as const;

/** A processor that stands still for a while. */
interface Stall {
  readonly partition: QemuPartition;
  readonly cpu: number;
  readonly until_ns: number;
}

interface Alarm {
  readonly partition: string;
  readonly time_ns: number;
  readonly id: number;
}

/**
 * Real kernels as a target. Its time is the time that the machines have been running, as far as the host gave it to
 * them; between calls all stand still, and nothing that is done then costs time. A QemuProblem comes out of any method
 * when a QEMU is lost.
 */
export class QemuTarget implements RunTarget {
  readonly name = 'qemu';
  /** Each renewal stops the machines for a moment. */
  readonly lease_ns = 500_000_000;
  readonly partitions: readonly QemuPartition[];
  /** In which the machines differ from the topology: sentences for the report. */
  readonly notes: readonly string[];
  readonly controls: Pick<FaultControls, 'stopCpu' | 'stallCpu'> = {
    stopCpu: (partition, cpu) => this.#stop(partition, cpu, Number.POSITIVE_INFINITY),
    stallCpu: (partition, cpu, duration_ns) => this.#stop(partition, cpu, this.now() + duration_ns),
  };
  readonly cannot: typeof CANNOT = CANNOT;
  readonly #time: RunningTime;
  readonly #subscribers: Listener[] = [];
  readonly #hash = createHash('sha256');
  #supervisor: Supervisor | undefined;
  #alarms: readonly Alarm[] = [];
  #stalls: readonly Stall[] = [];
  #listener: Listener | undefined;
  /** Somebody who heard an event asked to stop. */
  #halt = false;
  #begun = false;

  /** Their machines are paused at the first heartbeat. */
  constructor(partitions: readonly QemuPartition[]) {
    this.partitions = partitions;
    this.notes = partitions.flatMap(({ shape }) => shape.notes);
    this.#time = new RunningTime(-Math.max(0, ...partitions.map(({ snapshot }) => snapshot.boot_ns)));
  }

  now(): number {
    return this.#time.now_ns;
  }

  /**
   * Tells supervisor and subscribers how the machines came to where they stand: that was at negative times. Then t = 0.
   * Once.
   */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    for (const { name } of this.partitions) this.emit(name, 'power_on', {});
    this.#time.set(-1);
    for (const { name, snapshot } of this.partitions) {
      const { physical, bytes } = snapshot.region;
      this.emit(name, 'register', { address: physical, size: bytes });
      this.#call(name, HYPERCALL.register_metadata, physical, bytes);
    }
    this.#time.set(0);
    for (const { name } of this.partitions) {
      this.emit(name, 'boot_complete', {});
      this.#call(name, HYPERCALL.boot_complete);
    }
  }

  runUntil(time_ns: number, listener?: Listener): void {
    this.begin();
    this.#listener = listener;
    this.#halt = false;
    try {
      this.#ring();
      while (!this.#halt && this.now() < time_ns) {
        if (this.partitions.every(({ parked }) => parked))
          this.#time.set(Math.min(time_ns, this.#nextAlarm()));
        else this.#runTo(time_ns);
        this.#ring();
      }
    } finally {
      this.#listener = undefined;
    }
  }

  /** Lets what is not parked run, up to that time, the next alarm, or where somebody asks to stop. */
  #runTo(time_ns: number): void {
    try {
      // What its threads waited for while it stood, to answer us, is not the guest's.
      for (const partition of this.partitions) partition.waits();
      this.#time.start();
      for (const partition of this.partitions) partition.go();
      while (!this.#halt && this.now() < Math.min(time_ns, this.#nextAlarm())) {
        sleep_ms(LOOK_MS);
        this.#look(time_ns);
        // Alarms ring while the machines run, as a watchdog's do.
        if (this.now() < time_ns) this.#ring();
        if (this.partitions.every(({ parked }) => parked)) break;
      }
    } finally {
      for (const partition of this.partitions) partition.halt();
    }
    // What came before they stood.
    this.#look(time_ns);
    this.#time.stop();
  }

  /** Counts the time, and tells what has happened since the last look. */
  #look(time_ns: number): void {
    const waited = this.partitions.flatMap((one) => one.waits().map((ns) => (one.parked ? 0 : ns)));
    this.#time.advance(waited, Math.min(time_ns, Math.max(this.now(), this.#nextAlarm())));
    for (const partition of this.partitions) if (partition.stopped === '') this.#hear(partition);
  }

  #hear(partition: QemuPartition): void {
    const { name } = partition;
    partition.progress_meter.look();
    for (let left = partition.beats(); left > 0; left--) {
      this.emit(name, 'heartbeat', {});
      this.#call(name, HYPERCALL.heartbeat);
    }
    for (const line of partition.consoleLines()) {
      this.emit(name, 'log', { text: line });
      for (const news of partition.console_reader.news(line)) this.#tell(name, news);
    }
    for (const event of partition.events()) {
      if (event.name === 'GUEST_PANICKED') this.#call(name, HYPERCALL.distress, DISTRESS.panic);
      // With -action reboot=shutdown: a processor that gave up, or a guest that restarted itself.
      if (event.name === 'SHUTDOWN' || event.name === 'RESET') this.#end(partition);
    }
  }

  #tell(name: string, news: ConsoleNews): void {
    const { kind, ...detail } = news;
    this.emit(name, kind, detail);
    if (kind === 'oops') this.#call(name, HYPERCALL.distress, DISTRESS.oops);
    if (kind === 'panic') this.#call(name, HYPERCALL.distress, DISTRESS.panic);
  }

  #end(partition: QemuPartition): void {
    if (partition.stopped !== '') return;
    const sign = 'triple_fault';
    partition.end(sign);
    this.emit(partition.name, 'stopped', { sign, address: 0 });
    this.#supervisor?.stopped(partition.name, sign, 0);
  }

  #nextAlarm(): number {
    return Math.min(
      Number.POSITIVE_INFINITY,
      ...this.#alarms.map(({ time_ns }) => time_ns),
      ...this.#stalls.map(({ until_ns }) => until_ns),
    );
  }

  /** Rings what is due, the earliest first; an alarm may order another. */
  #ring(): void {
    const over = this.#stalls.filter(({ until_ns }) => until_ns <= this.now());
    if (over.length > 0) this.#stalls = this.#stalls.filter((one) => !over.includes(one));
    for (const { partition, cpu } of over) if (!this.#isStill(partition, cpu)) partition.hold(cpu, false);
    for (;;) {
      const due = this.#alarms.filter(({ time_ns }) => time_ns <= this.now());
      const first = due.reduce<Alarm | undefined>(
        (one, other) => (one && one.time_ns <= other.time_ns ? one : other),
        undefined,
      );
      if (first === undefined) return;
      this.#alarms = this.#alarms.filter((one) => one !== first);
      this.#supervisor?.alarm(first.partition, first.id);
    }
  }

  #stop(name: string, cpu: number, until_ns: number): boolean {
    const partition = this.#partition(name);
    if (!partition.hold(cpu, true)) return false;
    this.#stalls = [...this.#stalls, { partition, cpu, until_ns }];
    return true;
  }

  #isStill(partition: QemuPartition, cpu: number): boolean {
    return this.#stalls.some((one) => one.partition === partition && one.cpu === cpu);
  }

  #call(partition: string, number: number, first = 0, second = 0): void {
    this.#supervisor?.hypercall({ partition, cpu: 0, number, first, second, third: 0n });
  }

  emit(subject: string, kind: string, detail: Detail): void {
    const event: TraceEvent = { time_ns: this.now(), subject, kind, detail };
    this.#hash.update(JSON.stringify(event));
    for (const subscriber of this.#subscribers) if (subscriber(event)) this.#halt = true;
    if (this.#listener?.(event) === true) this.#halt = true;
  }

  onTrace(subscriber: Listener): void {
    this.#subscribers.push(subscriber);
  }

  /** Switches of tasks cannot be seen from outside: nobody ever hears of `run`, `fork` and `exit`. */
  want(_kind: string): void {}

  /** `exit COMM [PID]`, `panic`: to the guest's ears, which hear it when the machine next runs. */
  stimulate(partition: string, words: string): boolean {
    const one = this.partitions.find(({ name }) => name === partition);
    if (one === undefined || one.stopped !== '' || !/^[\w.-]+(?: [\w.-]+){0,2}$/.test(words)) return false;
    one.say(words);
    return true;
  }

  supervise(supervisor: Supervisor): void {
    this.#supervisor = supervisor;
  }

  setAlarm(partition: string, time_ns: number, id: number): void {
    this.#alarms = [...this.#alarms, { partition, time_ns, id }];
  }

  bringBack(_partition: string): void {}

  progress(partition: string, cpu: number): Progress {
    return this.#partition(partition).progress(cpu);
  }

  devices(partition: string): readonly DeviceStatus[] {
    return this.#partition(partition).devices;
  }

  /** Every processor has all of the time: QEMU knows no slots. */
  afterOwnTime(_partition: string, from_ns: number, own_ns: number): number {
    return from_ns + own_ns;
  }

  cpuTime(partition: string): number {
    return this.#partition(partition).cpuTime();
  }

  /** A stock kernel is told of no boot id. */
  bootId(_partition: string): bigint {
    return 0n;
  }

  console(partition: string): readonly string[] {
    return this.#partition(partition).console_lines;
  }

  bootedAt(_partition: string): number | undefined {
    return this.#begun ? 0 : undefined;
  }

  /** The ambulance works on processors of its own. */
  rescueEnds(_ambulance: string, _patient: string, own_ns: number): { readonly time_ns: number } {
    return { time_ns: this.now() + own_ns };
  }

  traceHash(): string {
    return this.#hash.copy().digest('hex').slice(0, 16);
  }

  /** Ends every QEMU. The target is not to be used afterwards. */
  release(): void {
    closeAll(this.partitions);
  }

  #partition(name: string): QemuPartition {
    const partition = this.partitions.find((one) => one.name === name);
    if (partition === undefined) throw new RangeError(`no partition ${name}`);
    return partition;
  }
}
