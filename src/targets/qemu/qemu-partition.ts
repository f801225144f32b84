import type { LparModel } from '../../model/machine.ts';
import type { CpuRegisters } from '../../formats/elf-registers.ts';
import type { RegisterName } from '../../model/registers.ts';
import type { DeviceStatus, Progress } from '../../target/supervisor.ts';
import type { Partition, PhysicalMemory, VirtualCpu } from '../../target/target.ts';
import { ConsoleReader } from './console-signs.ts';
import { GdbStub } from './process/gdb.ts';
import { monotonic_ns, sleep_ms } from './process/channel.ts';
import type { Qmp, QmpEvent } from './process/qmp.ts';
import { QemuProblem } from './problem.ts';
import { ProgressMeter } from './progress.ts';
import type { RunningGuest } from './restored.ts';
import { dumpOf, endGuest, readText } from './restored.ts';
import { RamFile } from './ram-file.ts';
import { HostTime } from './running-time.ts';
import type { Shape } from './shape.ts';
import type { Snapshot } from './snapshot-check.ts';

/** Lines of the console that are kept. */
const CONSOLE_LINES = 10_000;
/** The debugger starts a machine within milliseconds. */
const START_LIMIT_NS = 5e9;

/** A partition: one QEMU, paused when this is made. */
export class QemuPartition implements Partition {
  readonly name: string;
  readonly shape: Shape;
  readonly memory: PhysicalMemory;
  readonly booted: (address: number, into: Uint8Array) => boolean;
  readonly cpus: readonly VirtualCpu[];
  readonly snapshot: Snapshot;
  readonly progress_meter: ProgressMeter;
  readonly console_lines: string[] = [];
  readonly console_reader: ConsoleReader = new ConsoleReader();
  readonly devices: readonly DeviceStatus[];
  parked = false;
  /** Sign of what ended it for good; '' while nothing has. */
  stopped = '';
  readonly #guest: RunningGuest;
  /** The snapshot's own memory: a run works on a copy of it. */
  readonly #as_booted: RamFile;
  readonly #gdb: GdbStub;
  readonly #host: HostTime;
  readonly #waited: number[];
  #running = false;
  /** Processors that execute nothing, whoever runs. */
  readonly #still: Set<number> = new Set();
  #has_run = false;
  #registers: readonly CpuRegisters[] | undefined;
  #console_read = 0;

  constructor(lpar: LparModel, shape: Shape, guest: RunningGuest & { readonly snapshot: Snapshot }) {
    this.name = lpar.name;
    this.shape = shape;
    this.snapshot = guest.snapshot;
    this.#guest = guest;
    const { process, ram } = guest;
    this.#gdb = new GdbStub(
      process.channels.get('gdb') as NonNullable<ReturnType<typeof process.channels.get>>,
      process.qmp,
    );
    const threads = process.qmp.command('query-cpus-fast') as readonly { readonly 'thread-id': number }[];
    // The main thread, behind them, has the timers.
    this.#host = new HostTime(process.pid, [...threads.map((one) => one['thread-id']), process.pid]);
    this.#waited = [...threads, process].map((_, thread) => this.#host.of(thread).waited);
    const read = (address: number, into: Uint8Array): boolean => ram.read(address, into);
    this.progress_meter = new ProgressMeter(
      read,
      guest.snapshot.progress ?? [],
      (cpu) => this.#host.of(cpu).ran,
    );
    this.#as_booted = new RamFile(guest.snapshot.ram, shape.memory_bytes, 'r');
    this.booted = (address, into) => this.#as_booted.read(address, into);
    this.memory = { size: ram.size, read, write: (address, bytes) => this.#write(address, bytes) };
    this.cpus = threads.map((_, index): VirtualCpu => ({
      index,
      get: (register) => this.#register(index, register),
      set: (register, value) => this.#setRegister(index, register, value),
      all: () => this.#registersOf(index),
    }));
    this.devices = lpar.devices.map(({ device }) => ({
      name: device,
      frozen: false,
      pending: 0,
      interrupts: 0,
      iommu_faults: 0,
    }));
    for (const line of this.console_reader.lines(guest.snapshot.console)) this.#keep(line);
  }

  /** Of its QEMU. */
  get pid(): number {
    return this.#guest.process.pid;
  }

  vmcoreinfo(): string {
    return this.snapshot.vmcoreinfo;
  }

  region(): { readonly physical: number; readonly bytes: number } {
    return this.snapshot.region;
  }

  park(): void {
    this.parked = true;
    this.halt();
  }

  resume(): void {
    if (this.stopped === '') this.parked = false;
  }

  /** Ended by itself: nothing starts it again. */
  end(sign: string): void {
    this.stopped = sign;
    this.parked = true;
    this.#running = false;
    this.#guest.ram.settle();
  }

  /** Lets it run, when it is not parked. */
  go(): void {
    if (this.parked || this.#running || this.#still.size === this.cpus.length) return;
    this.#guest.ram.forget();
    this.#registers = undefined;
    this.#has_run = true;
    this.#running = true;
    this.#gdb.drain();
    const { qmp } = this.#guest.process;
    if (this.#still.size === 0) qmp.command('cont');
    else this.#goOnWithout(this.#still, qmp);
  }

  /**
   * A processor that is still executes nothing from now on, until it is let go: what interrupts it meanwhile stays
   * pending. False when there is none such.
   */
  hold(cpu: number, still: boolean): boolean {
    if (this.cpus[cpu] === undefined) return false;
    const ran = this.#running;
    this.halt();
    if (still) this.#still.add(cpu);
    else this.#still.delete(cpu);
    if (ran) this.go();
    return true;
  }

  /**
   * Only the debugger starts some processors and not others. It does so when it gets to it: a stop that overtook that
   * would stop nothing.
   */
  #goOnWithout(still: ReadonlySet<number>, qmp: Qmp): void {
    this.#gdb.goOn(this.cpus.map(({ index }) => index).filter((cpu) => !still.has(cpu)));
    const end = monotonic_ns() + START_LIMIT_NS;
    while ((qmp.command('query-status') as { readonly status?: string }).status !== 'running') {
      if (monotonic_ns() > end)
        throw new QemuProblem(
          'NO_ANSWER',
          "QEMU's debugger does not start the machine",
          'run it again, with fewer workers',
        );
      sleep_ms(0.1);
    }
  }

  /** Stops it, between two blocks of each of its processors. */
  halt(): void {
    if (!this.#running) return;
    this.#guest.process.qmp.command('stop');
    this.#running = false;
    this.#guest.ram.forgetPages();
    this.#guest.ram.settle();
    this.#gdb.drain();
  }

  /**
   * How long each of its processors, and at the end its timers, waited for the host's processors since the last time,
   * nanoseconds.
   */
  waits(): readonly number[] {
    return this.#waited.map((before, thread) => {
      const { waited } = this.#host.of(thread);
      this.#waited[thread] = waited;
      return waited - before;
    });
  }

  /** CPU time that its processors were given, nanoseconds. */
  cpuTime(): number {
    return this.cpus.reduce((sum, { index }) => sum + this.#host.of(index).ran, 0);
  }

  progress(cpu: number): Progress {
    return this.progress_meter.of(cpu, this.stopped === '' && !this.#still.has(cpu));
  }

  /** How many heartbeats came since the last time. */
  beats(): number {
    return this.#guest.line.words().filter(({ kind }) => kind === 'beat').length;
  }

  /** What QEMU told since the last time. */
  events(): readonly QmpEvent[] {
    return this.#guest.process.qmp.events();
  }

  /** Lines that came on the console since the last time. */
  consoleLines(): readonly string[] {
    const text = readText(this.#guest.console, this.#console_read);
    if (text === '') return [];
    this.#console_read += text.length;
    const lines = this.console_reader.lines(text);
    for (const line of lines) this.#keep(line);
    return lines;
  }

  /** Says something to the guest's init. */
  say(line: string): void {
    this.#guest.line.say(line);
  }

  release(): void {
    this.#host.close();
    this.#as_booted.close();
    endGuest(this.#guest);
  }

  #keep(line: string): void {
    this.console_lines.push(line);
    if (this.console_lines.length > CONSOLE_LINES) this.console_lines.shift();
  }

  /**
   * Once it has run, what is written may have been translated: the debugger's way throws that away, the file's does
   * not.
   */
  #write(address: number, bytes: Uint8Array): boolean {
    const { ram } = this.#guest;
    if (!ram.has(address, bytes.length)) return false;
    if (!this.#has_run) return ram.write(address, bytes);
    this.#gdb.writeMemory(address, bytes);
    ram.forgetPages();
    return true;
  }

  #register(cpu: number, name: RegisterName): bigint {
    return this.#registersOf(cpu)[name] ?? 0n;
  }

  #registersOf(cpu: number): CpuRegisters {
    this.#registers ??= dumpOf(this.#guest.process).cpus;
    const registers = this.#registers[cpu] ?? {};
    if (this.#running) this.#registers = undefined;
    return registers;
  }

  #setRegister(cpu: number, name: RegisterName, value: bigint): void {
    if (!this.#gdb.writeRegister(cpu, name, value))
      throw new QemuProblem(
        'UNSUPPORTED',
        `${name} of a processor of QEMU cannot be written`,
        'write another register, or run this on the simulation',
      );
    this.#registers = undefined;
  }
}

/** Gives back what was opened of a partition that never came to be. */
export function closeAll(partitions: readonly QemuPartition[]): void {
  for (const partition of partitions) partition.release();
}
