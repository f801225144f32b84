/** One-line mutations of the rescuer, each with the test or spec that must notice it. */
export const mutants = [
  { id: 'links-are-checked-both-ways', file: 'src/ambulance/validate/ring.ts', from: 'if (!sound(to) || prev(to) !== at || prev(at) === to + apart) return false;', to: 'if (!sound(to)) return false;', killer: 'specs/structures/application.spec' },
  { id: 'null-is-told-from-wild', file: 'src/ambulance/validate/ring.ts', from: "if (low === 0 && high === 0) return 'LIST_NULL';", to: '', killer: 'specs/structures/application.spec' },
  { id: 'poison-is-told-from-wild', file: 'src/ambulance/validate/ring.ts', from: 'if (high === POISON_HIGH && low < POISON_PAGE)', to: 'if (false)', killer: 'specs/structures/task-list.spec' },
  { id: 'stack-end-is-read', file: 'src/ambulance/validate/stacks.ts', from: 'if (!marked) {', to: 'if (false) {', killer: 'specs/structures/stacks.spec' },
  { id: 'quantities-have-bounds', file: 'src/ambulance/validate/orders.ts', from: 'const QUANTITY = { low: 1, high: 1000 } as const;', to: 'const QUANTITY = { low: 1, high: 10000 } as const;', killer: 'specs/structures/application.spec' },
  { id: 'states-are-enumerators', file: 'src/ambulance/validate/orders.ts', from: 'if (!states.has(state)) {', to: 'if (false) {', killer: 'specs/structures/application.spec' },
  { id: 'the-book-counts-its-orders', file: 'src/ambulance/validate/orders.ts', from: 'if (said === orders.length) return;', to: 'return;', killer: 'specs/structures/application.spec' },
  { id: 'half-done-is-no-damage', file: 'src/ambulance/settle.ts', from: 'return !inFlux(draft) && (readings', to: 'return (readings', killer: 'test/ambulance/healthy.test.ts' },
  { id: 'a-changed-region-is-corrupt', file: 'src/ambulance/attach.ts', from: 'if (copy) return { ...fromCopy(copy, [fault]), region };', to: '', killer: 'specs/metadata/rot.spec' },
  { id: 'a-requested-panic-is-named', file: 'src/ambulance/diagnose/from-machine.ts', from: 'if (/sysrq|requested|by request/i.test(panic)) {', to: 'if (false) {', killer: 'specs/claims/3-own-partition.spec' },
  { id: 'second-level-is-named', file: 'src/ambulance/diagnose/from-machine.ts', from: "cause: 'second_level_damage'", to: "cause: 'page_table_damage'", killer: 'specs/claims/4-hypervisor-control.spec' },
  { id: 'one-bit-is-a-flip', file: 'src/ambulance/diagnose/from-findings.ts', from: "return [bitsApart(draft) === 1 ? 'bit_flip' : 'wild_pointer', POINTER_WEIGHT];", to: "return ['bit_flip', POINTER_WEIGHT];", killer: 'specs/structures/task-list.spec' },
  { id: 'smash-outranks-what-follows', file: 'src/ambulance/diagnose/from-findings.ts', from: 'stack_smash: 90,', to: 'stack_smash: 1,', killer: 'specs/structures/stacks.spec' },
]; // prettier-ignore
