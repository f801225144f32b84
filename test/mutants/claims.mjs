/** One-line mutations of the mechanisms behind specs/claims, each caught by a shipped spec. */
export const mutants = [
  // 1: the machine is a symmetric multiprocessor
  { id: 'secondary-cpus-start', file: 'src/targets/sim/engine/machine.ts', from: "if (cpu.state === 'off') cpu.wake(this.clock);", to: '', killer: 'specs/claims/1-smp.spec' },
  { id: 'kernel-brings-up-all-cpus', file: 'src/targets/sim/guest/kernel/smp.ts', from: 'if (index >= cpu.load32(s.cpus)) return cpu.jump(cpus_done.at);', to: 'if (index >= 1) return cpu.jump(cpus_done.at);', killer: 'specs/claims/1-smp.spec' },
  // 2: several guests own or share CPUs
  { id: 'slots-are-fixed', file: 'src/targets/sim/machine/slots.ts', from: 'return time - phase + this.round * (1 + whole) + (duration - whole * this.length);', to: 'return time + duration;', killer: 'specs/claims/2-concurrent-guests.spec' },
  { id: 'a-round-has-room-for-all', file: 'src/targets/sim/machine/slots.ts', from: 'const round = sharers.reduce((sum, sharer) => sum + sharer.weight * slice, 0);', to: 'const round = sharers.reduce((sum) => sum + slice, 0);', killer: 'specs/claims/2-concurrent-guests.spec' },
  // 3: the ambulance has a partition of its own, and reaches others through grants
  { id: 'memory-is-granted', file: 'src/hypervisor/hypervisor.ts', from: "for (const thing of ['memory', 'cpus', 'devices', 'region'] as const)", to: "for (const thing of ['cpus', 'devices', 'region'] as const)", killer: 'specs/claims/3-own-partition.spec' },
  { id: 'grant-is-on-one-partition', file: 'src/hypervisor/grants.ts', from: 'grant.partition === wish.partition &&', to: 'grant.partition !== wish.partition &&', killer: 'specs/claims/3-own-partition.spec' },
  { id: 'healthy-is-left-alone', file: 'src/execute/rescue.ts', from: "if (kind !== 'failing' && kind !== 'failed') return false;", to: '', killer: 'specs/claims/3-own-partition.spec' },
  // 4: every access goes through tables of the hypervisor's
  { id: 'second-level-is-checked', file: 'src/targets/sim/machine/second-level.ts', from: 'allowed &= low;', to: '', killer: 'specs/claims/4-hypervisor-control.spec' },
  { id: 'stopped-is-noticed', file: 'src/hypervisor/hypervisor.ts', from: "this.notice(partition, sign === 'boot' ? 'failing' : 'failed', sign);", to: '', killer: 'specs/claims/4-hypervisor-control.spec' },
  // 5: the region is prepared while booting
  { id: 'region-counts-its-entries', file: 'src/targets/sim/guest/kernel/region.ts', from: 'cpu.store32(at + HEADER.entry_count, cpu.get(r14));', to: 'cpu.store32(at + HEADER.entry_count, 1);', killer: 'specs/claims/5-region-prepared.spec' },
  { id: 'region-describes-what-it-is-asked', file: 'src/targets/sim/guest/locators.ts', from: 'return locators.flatMap((written) => {', to: 'return locators.slice(1).flatMap((written) => {', killer: 'specs/claims/5-region-prepared.spec' },
  { id: 'region-is-sealed', file: 'src/targets/sim/guest/kernel/region.ts', from: 'cpu.store32(cpu.get(rbx) + HEADER.seal, sealZeros(rest, cpu.get(r13)));', to: 'cpu.store32(cpu.get(rbx) + HEADER.seal, sealZeros(rest, 1));', killer: 'specs/claims/5-region-prepared.spec' },
  // 6: it is registered before normal operation
  { id: 'late-is-refused', file: 'src/hypervisor/registry.ts', from: "if (application.booted) return refused('LATE');", to: '', killer: 'specs/claims/6-registered-early.spec' },
  { id: 'registered-is-told', file: 'src/hypervisor/hypervisor.ts', from: "this.target.emit(partition, 'registered', {});", to: '', killer: 'specs/claims/6-registered-early.spec' },
  // 7: structures are found by what the region says
  { id: 'members-are-added-to-a-root', file: 'src/formats/locator-code/emit.ts', from: "} else if (member.offset !== 0) this.#emit(`const ${member.offset}`, 'add');", to: '}', killer: 'specs/claims/7-machine-readable.spec' },
  { id: 'the-region-is-read', file: 'src/formats/region-notes.ts', from: 'if (note.type === REGION_NOTE.LOCATOR) {', to: 'if (note.type === 1) {', killer: 'specs/claims/5-region-prepared.spec' },
  { id: 'live-region-comes-first', file: 'src/ambulance/attach.ts', from: 'if (!place) return elsewhere();', to: 'return elsewhere();', killer: 'specs/claims/7-machine-readable.spec' },
  // 8: what is damaged is found, and its cause named
  { id: 'a-lock-needs-a-holder', file: 'specs/lib/locks.spec', from: 'require any(cpus, may_hold(it, &l) and takes_it(it, &l))', to: 'require count(cpus) > 0 or any(cpus, may_hold(it, &l) and takes_it(it, &l))', killer: 'specs/claims/8-validated-diagnosed.spec' },
  { id: 'a-holder-clears-a-lock', file: 'specs/lib/locks.spec', from: ' and is_held(l) {', to: ' {', killer: 'specs/claims/8-validated-diagnosed.spec' },
  { id: 'a-leak-is-no-deadlock', file: 'specs/lib/locks.spec', from: 'at l means lock_leak', to: 'at l means deadlock', killer: 'specs/claims/8-validated-diagnosed.spec' },
  // 9: others are unaffected
  { id: 'contained-is-compared', file: 'src/execute/scenario.ts', from: 'const contained = comparePartition(faulty, end.target, partition, leeway);', to: "const contained = '';", killer: 'specs/claims/9-others-unaffected.spec' },
  { id: 'iommu-guards-memory', file: 'src/targets/sim/machine/devices/dma.ts', from: 'if (!path.plan.iommu_strict) return true;', to: 'return true;', killer: 'specs/isolation/iommu.spec' },
  { id: 'neighbours-have-their-own-memory', file: 'src/targets/sim/machine/devices/dma.ts', from: 'if (bus < 0 || bus >= partition.bytes) return false;', to: 'if (bus >= partition.bytes) return true;', killer: 'specs/isolation/iommu.spec' },
]; // prettier-ignore
