/**
 * The path of a real machine: what cannot be decided there must not pass, and what is looked up must be where it was.
 */
export const mutants = [
  { id: 'a-note-cut-short-is-none', file: 'src/hypervisor/registry.ts', from: "if (bare === 'truncated') return refused('TRUNCATED');", to: '', killer: 'test/hypervisor/registry.test.ts' },
  { id: 'damage-is-taken-off', file: 'src/execute/undamaged.ts', from: 'lay(before, physical, address, into);', to: 'void before;', killer: 'test/execute/real.test.ts' },
  { id: 'what-was-mended-stays-mended', file: 'src/execute/undamaged.ts', from: 'if (stands(live.memory, physical, after))', to: 'if (after.length >= 0)', killer: 'test/execute/undamaged.test.ts' },
  { id: 'no-watch-no-activation', file: 'src/verdict/judge.ts', from: "if (claim.given?.moment === 'activated') return", to: "if (target === 'core') return", killer: 'test/execute/real.test.ts' },
  { id: 'what-cannot-be-done-is-undecided', file: 'src/verdict/judge.ts', from: 'if (unable !== undefined) return', to: 'if (unable === "") return', killer: 'test/execute/real.test.ts' },
  { id: 'short-beats-are-raised', file: 'src/execute/real.ts', from: 'if (heartbeat_ns >= SHORTEST_BEAT_NS) return lpar;', to: 'if (heartbeat_ns >= 0) return lpar;', killer: 'test/execute/real.test.ts' },
  { id: 'the-boot-is-over', file: 'src/execute/real.ts', from: 'if (BOOT_EVENTS.has(event) && ', to: 'if (UNTOLD.has(event) && ', killer: 'test/execute/real.test.ts' },
  { id: 'both-checks-of-lists-are-known', file: 'src/model/console-signs.ts', from: '/list_(?:add|del) corruption', to: '/list_(?:add) corruption', killer: 'test/model/console-signs.test.ts' },
  { id: 'what-one-kernel-lacks-is-no-difference', file: 'src/report/fidelity.ts', from: "if (verdict === 'unchecked') continue;", to: '', killer: 'test/report/fidelity.test.ts' },
  { id: 'a-bare-note-is-a-live-region', file: 'src/ambulance/attach.ts', from: "if (text && !changed) return", to: "if (text && changed) return", killer: 'test/ambulance/bare-note.test.ts' },
  { id: 'an-inherited-name-is-its-parents', file: 'src/place/collections/element.ts', from: 'if (exact.length > 1) return withoutHeirs(exact);', to: '', killer: 'test/place/element.test.ts' },
  { id: 'what-was-struck-keeps-its-name', file: 'src/report/fidelity.ts', from: 'return same === undefined ? one : { ...one, place: same.place };', to: 'return one;', killer: 'test/report/fidelity.test.ts' },
  { id: 'what-was-struck-is-where-it-was-struck', file: 'src/report/fidelity.ts', from: 'address === one.address && one.place.startsWith(`${partition}.`)', to: 'address === one.address', killer: 'test/report/fidelity.test.ts' },
]; // prettier-ignore
