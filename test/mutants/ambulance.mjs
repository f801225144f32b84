/** One-line mutations of the rescuer, each with the test or spec that must notice it. */
export const mutants = [
  { id: 'links-are-checked-both-ways', file: 'src/structure/shapes/ring.ts', from: "if (beyond !== beyond || returning !== at || back === to + apart) return 'stuck';", to: "if (beyond !== beyond) return 'stuck';", killer: 'specs/structures/application.spec' },
  { id: 'null-is-told-from-wild', file: 'src/structure/shapes/ring.ts', from: "if (low === 0 && high === 0) return 'LIST_NULL';", to: '', killer: 'specs/structures/application.spec' },
  { id: 'poison-is-told-from-wild', file: 'src/structure/shapes/ring.ts', from: 'if (high === POISON_HIGH && low < POISON_PAGE)', to: 'if (false)', killer: 'specs/structures/task-list.spec' },
  { id: 'stack-end-is-read', file: 'specs/lib/stacks.spec', from: 'require s.end == magic', to: 'require s.end == s.end or s.end == magic', killer: 'specs/structures/stacks.spec' },
  { id: 'quantities-have-bounds', file: 'specs/lib/orders.spec', from: 'require o.qty in 1..1000', to: 'require o.qty in 1..10000', killer: 'specs/structures/application.spec' },
  { id: 'states-are-enumerators', file: 'specs/lib/orders.spec', from: 'require o.state in order.state', to: 'require o.state in 0..255', killer: 'specs/structures/application.spec' },
  { id: 'the-book-counts-its-orders', file: 'specs/lib/orders.spec', from: 'require book.count == count(orders)', to: 'require book.count >= count(orders)', killer: 'specs/structures/application.spec' },
  { id: 'half-done-is-no-damage', file: 'src/ambulance/settle.ts', from: 'return !inFlux(draft) && (readings', to: 'return (readings', killer: 'test/ambulance/healthy.test.ts' },
  { id: 'a-changed-region-is-corrupt', file: 'src/ambulance/attach.ts', from: 'if (copy) return { ...fromCopy(copy, [fault]), region };', to: '', killer: 'specs/metadata/rot.spec' },
  { id: 'a-requested-panic-is-named', file: 'src/ambulance/diagnose/from-machine.ts', from: 'if (/sysrq|requested|by request/i.test(panic)) {', to: 'if (false) {', killer: 'specs/claims/3-own-partition.spec' },
  { id: 'second-level-is-named', file: 'src/ambulance/diagnose/from-machine.ts', from: "cause: 'second_level_damage'", to: "cause: 'page_table_damage'", killer: 'specs/claims/4-hypervisor-control.spec' },
  { id: 'one-bit-is-a-flip', file: 'src/ambulance/diagnose/from-findings.ts', from: "return [bitsApart(draft) === 1 ? 'bit_flip' : 'wild_pointer', POINTER_WEIGHT];", to: "return ['bit_flip', POINTER_WEIGHT];", killer: 'specs/structures/task-list.spec' },
  { id: 'smash-outranks-what-follows', file: 'src/ambulance/diagnose/from-findings.ts', from: 'stack_smash: 90,', to: 'stack_smash: 1,', killer: 'specs/structures/stacks.spec' },
  { id: 'a-ring-of-waiters-is-one-cause', file: 'src/ambulance/diagnose/from-findings.ts', from: 'if (first === undefined || rings.length === 1) return [...causes];', to: 'return [...causes];', killer: 'specs/service/leak-and-deadlock.spec' },
  { id: 'a-rescue-keeps-its-notes', file: 'src/ambulance/attend.ts', from: 'notes: inspected?.notes ?? [],', to: 'notes: [],', killer: 'test/ambulance/notes.test.ts' },
]; // prettier-ignore
