/** One-line mutations of what is kept of booted guests, and of what looks after it. */
export const mutants = [
  {
    id: 'a-snapshots-state-is-what-it-was',
    file: 'src/targets/qemu/snapshot-check.ts',
    from: 'return state === state_sha256 ? undefined',
    to: 'return state.length === state_sha256.length ? undefined',
    killer: 'test/targets/qemu/snapshot.test.ts',
  },
  {
    id: 'every-field-of-a-snapshots-facts-is-looked-at',
    file: 'src/targets/qemu/snapshot-facts.ts',
    from: 'isRecord(value) && names.every((name) => isNumber(value[name]));',
    to: 'isRecord(value) && names.some((name) => isNumber(value[name]));',
    killer: 'test/targets/qemu/snapshot.test.ts',
  },
  {
    id: 'what-another-container-makes-is-not-removed',
    file: 'src/targets/qemu/snapshot-lock.ts',
    from: 'namespace === pidNamespace() && !existsSync(`/proc/${pid}`)',
    to: '!existsSync(`/proc/${pid}`)',
    killer: 'test/targets/qemu/snapshot.test.ts',
  },
  {
    id: 'what-nobody-has-finished-for-an-hour-is-removed',
    file: 'src/targets/qemu/snapshot-lock.ts',
    from: 'if (gone || isOld(path)) removeTree(path);',
    to: 'if (gone) removeTree(path);',
    killer: 'test/targets/qemu/snapshot.test.ts',
  },
];
