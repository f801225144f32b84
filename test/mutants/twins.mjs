/**
 * The twin can fail: neighbours that know of each other by one byte or one nanosecond, which only the comparison of
 * whole machines shows. web is partition 0, db 1.
 */
export const mutants = [
  // Each hypercall of db takes as many nanoseconds more as one byte of web's metadata region says.
  { id: 'db-reads-a-byte-of-web', file: 'src/targets/sim/engine/hypercalls.ts', from: 'cpu.spend(HYPERCALL_NS);', to: 'cpu.spend(HYPERCALL_NS + (cpu.place.partition === 1 ? machine.memory.read8(machine.plan.partitions[0]!.base + machine.stateOf(0).region_address + 0x120) : 0));', killer: 'specs/metadata/rot.spec' },
  // A completion of web's disk is late by a nanosecond at every other heartbeat of db, which has none when it is dead.
  { id: 'one-nanosecond-of-a-neighbours-death', file: 'src/targets/sim/engine/devices.ts', from: 'machine.schedule(end, EVENT.device, partition.index, device.index, number);', to: 'machine.schedule(end + (partition.index === 0 ? machine.stateOf(1).heartbeats % 2 : 0), EVENT.device, partition.index, device.index, number);', killer: 'specs/claims/9-others-unaffected.spec' },
  // A hypercall of web takes a nanosecond more while the rescue keeps db parked.
  { id: 'one-nanosecond-of-the-rescue', file: 'src/targets/sim/engine/hypercalls.ts', from: 'cpu.spend(HYPERCALL_NS);', to: 'cpu.spend(HYPERCALL_NS + (cpu.place.partition === 0 && machine.stateOf(1).parked ? 1 : 0));', killer: 'specs/claims/9-others-unaffected.spec' },
  // The same past all that sees one partition ask for another: only a bystander that is simulated where the rescue is
  // shows it.
  { id: 'a-leak-that-nothing-sees', file: 'src/targets/sim/engine/hypercalls.ts', from: 'cpu.spend(HYPERCALL_NS);', to: 'cpu.spend(HYPERCALL_NS + ([0, 1].some((other) => other !== cpu.place.partition && machine.inhabitants[other]?.state.parked) ? 1 : 0));', killer: 'specs/claims/9-others-unaffected.spec' },
  { id: 'bystanders-are-simulated-once-a-file', file: 'src/runner/select.ts', from: 'return new Set(first.values());', to: 'return new Set();', killer: 'test/runner/select.test.ts' },
  { id: 'registers-are-compared', file: 'src/targets/sim/compare.ts', from: 'if (one === other || ', to: 'if (true || ', killer: 'test/targets/sim/engine/save.test.ts' },
  { id: 'memory-is-compared', file: 'src/targets/sim/compare.ts', from: 'if (at < 0) continue;', to: 'if (at < Infinity) continue;', killer: 'test/targets/sim/engine/save.test.ts' },
  { id: 'outputs-are-compared-by-time', file: 'src/targets/sim/machine/devices/outputs.ts', from: 'this.hash.number(time);', to: '', killer: 'test/targets/sim/machine/outputs.test.ts' },
  { id: 'alone-is-without-rescue', file: 'src/execute/scenario.ts', from: "const undisturbed = run === alone ? '' : comparePartition(rescued, faulty, partition, leeway);", to: "const undisturbed = '';", killer: 'test/execute/scenario.test.ts' },
  { id: 'shared-memory-is-compared', file: 'src/targets/sim/compare.ts', from: 'const counted = plan.shared.filter(({ partner }) => !leeway.except.includes(partner));', to: 'const counted = plan.shared.filter(() => false);', killer: 'specs/isolation/shared-cpus.spec' },
  { id: 'except-is-heeded', file: 'src/targets/sim/compare.ts', from: '!leeway.except.includes(partner)', to: 'true', killer: 'specs/isolation/shared-cpus.spec' },
  { id: 'slack-is-heeded', file: 'src/verdict/leeway.ts', from: 'slack_ns, except: except.map', to: 'slack_ns: 0, except: except.map', killer: 'specs/isolation/shared-cpus.spec' },
  { id: 'slack-is-measured', file: 'src/targets/sim/leeway.ts', from: '&& Math.abs(a - b) <= slack_ns', to: '', killer: 'test/targets/sim/leeway.test.ts' },
  { id: 'slack-is-for-times', file: 'src/targets/sim/leeway.ts', from: 'a >= least && b >= least && ', to: '', killer: 'test/targets/sim/leeway.test.ts' },
  { id: 'what-is-missing-is-late', file: 'src/targets/sim/compare.ts', from: 'alone.time >= end_ns - slack_ns', to: 'alone.time >= 0', killer: 'test/targets/sim/leeway.test.ts' },
  { id: 'a-comparison-of-its-own', file: 'src/verdict/observers.ts', from: 'known.partition === partition && sameLeeway(claim, known)', to: 'known.partition === partition', killer: 'test/verdict/judge.test.ts' },
  { id: 'a-look-at-memory-brings-back', file: 'src/targets/sim/machine/memory.ts', from: 'if (chunk === undefined) return this.bring(address >>> CHUNK_SHIFT) ? this.page(address) : ZERO_PAGE;', to: 'if (chunk === undefined) return ZERO_PAGE;', killer: 'test/execute/left-out.test.ts' },
  { id: 'the-tables-concern-everybody', file: 'src/targets/sim/machine/memory.ts', from: 'if (this.keeper !== undefined) this.keeper.tablesWritten();', to: '', killer: 'test/execute/left-out.test.ts' },
  { id: 'who-depends-is-simulated', file: 'src/execute/solo.ts', from: 'if (caught instanceof Dependence) return false;', to: 'if (caught instanceof Dependence) return true;', killer: 'test/execute/left-out.test.ts' },
  { id: 'who-is-left-out-goes-on-telling', file: 'src/targets/sim/engine/population.ts', from: 'if (next !== undefined) this.due[next.source] = next.time;', to: '', killer: 'test/execute/left-out.test.ts' },
  { id: 'what-the-hypervisor-knows-comes-back', file: 'src/targets/sim/sim-target.ts', from: 'if (from.supervisor !== undefined) this.supervisor?.adopt(name, from.supervisor);', to: '', killer: 'test/execute/left-out.test.ts' },
  { id: 'what-is-read-again-is-simulated', file: 'src/execute/twin-line.ts', from: 'solo.leavesAlone(address, now)', to: 'solo !== undefined', killer: 'test/execute/left-out.test.ts' },
  { id: 'damage-comes-back', file: 'src/targets/sim/engine/population.ts', from: 'for (const { address, byte } of patches) this.memory.write8(address, byte);', to: '', killer: 'test/execute/left-out.test.ts' },
  { id: 'registers-and-caches-count', file: 'src/targets/sim/machine/vcpu.ts', from: 'Buffer.compare(this.storage.architectural, other.storage.architectural) === 0 &&', to: '', killer: 'test/execute/left-out.test.ts' },
  { id: 'an-alarm-that-will-do-something-counts', file: 'src/hypervisor/hypervisor.ts', from: 'return id !== ALARM.lease || this.rescues.isLeased(partition);', to: 'return false;', killer: 'test/execute/left-out.test.ts' },
]; // prettier-ignore
