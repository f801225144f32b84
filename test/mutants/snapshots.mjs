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
  {
    id: 'a-guest-lacks-no-file',
    file: 'src/targets/qemu/guest/guest.ts',
    from: 'for (const file of [guest.kernel, guest.initramfs]) {',
    to: 'for (const file of [guest.initramfs]) {',
    killer: 'test/targets/qemu/doctor.test.ts',
  },
  {
    id: 'a-guests-files-are-those-that-were-prepared',
    file: 'src/targets/qemu/guest/guest.ts',
    from: 'update(kernel).update(initramfs)',
    to: 'update(kernel)',
    killer: 'test/targets/qemu/doctor.test.ts',
  },
  {
    id: 'a-pipe-is-no-kernel',
    file: 'src/targets/qemu/bounded-file.ts',
    from: "if (!stat.isFile()) return 'it is no regular file';",
    to: '',
    killer: 'test/targets/qemu/prepare.test.ts',
  },
  {
    id: 'a-kernel-has-a-size',
    file: 'src/targets/qemu/bounded-file.ts',
    from: 'if (stat.size > limit) return',
    to: 'if (stat.size > 2 * limit) return',
    killer: 'test/targets/qemu/prepare.test.ts',
  },
];
