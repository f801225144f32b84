import type { Address } from '../../../../base/address.ts';
import type { Cpu } from '../../step.ts';
import { fuse, Label, timed } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import type { Dcache } from './dcache.ts';
import { fileName, nameHash } from './dcache.ts';
import { popRegisters, pushRegisters, storeText } from './inline.ts';
import { initListHead, listAddTail, PREV } from './lists.ts';
import type { Locks } from './locks.ts';
import { KMALLOC_256, KMALLOC_64 } from './slub-init.ts';
import type { Slub } from './slub.ts';
import { r12, r13, r14, rax, rbx, rcx, rdi, rsi } from './registers.ts';

/** fs/namei.c, fs/super.c: two file systems of one directory each, and what opens files in them. */
export interface Vfs {
  /** open(rdi: number of a file) and close at once. A called function. */
  readonly open: Label;
  /** vfs_caches_init and the two mounts. A called function. */
  readonly init: Label;
}

const ENOMEM = -12;
const STRIDE = 16;
/** Sixteen entries, most of them cache misses. */
const WALK_NS = 800;
/** Dentries that the directory keeps though nobody uses them. */
const UNUSED_DENTRIES = 14;
const BLOCK_BYTES = 4096;
const FILE_SYSTEMS = ['rootfs', 'tmpfs'] as const;
/** Files of rootfs that stay open; their names are too long for the dentry. */
const PINNED = 6;
const FIRST_PINNED = 27;

export function assembleVfs(k: Kernel, locks: Locks, slub: Slub, dcache: Dcache): Vfs {
  const { super_block: sb, dentry: d, inode: i, filename } = k.o;
  const super_blocks = k.symbol('super_blocks');
  const sb_lock = k.symbol('sb_lock');
  const inode_hash_lock = k.symbol('inode_hash_lock');
  const kmalloc = k.symbol('kmalloc_caches');
  const add = (cpu: Cpu, at: Address, change: number): void =>
    cpu.store32(at, (cpu.load32(at) + change) >>> 0);

  // Each lock has a function of its own that takes it: a rescuer goes by the functions on a stack.
  const ilookup = k.text.fn(
    'ilookup5',
    fuse(
      (cpu) => {
        pushRegisters(cpu, rbx);
        cpu.set(rbx, cpu.get(rdi));
        return locks.spinLock(cpu, inode_hash_lock);
      },
      (cpu) => {
        add(cpu, cpu.get(rbx) + i.i_count, 1);
        cpu.spend(300);
        return false;
      },
    ),
    (cpu) => {
      locks.spinUnlock(cpu, inode_hash_lock);
      popRegisters(cpu, rbx);
      cpu.ret();
    },
  );
  const walk = new Label();
  const iterate_supers = k.text.fn(
    'iterate_supers',
    fuse(
      (cpu) => locks.spinLock(cpu, sb_lock),
      (cpu) => {
        cpu.set(rcx, cpu.load64(super_blocks));
        return false;
      },
    ),
    walk,
    timed(WALK_NS, (cpu) => {
      let at = cpu.get(rcx);
      for (let turn = 0; turn < STRIDE; turn++) {
        if (at === super_blocks) {
          locks.spinUnlock(cpu, sb_lock);
          return cpu.ret();
        }
        cpu.load64(at - sb.s_list + sb.s_blocksize);
        at = cpu.load64(at);
      }
      cpu.set(rcx, at);
      cpu.jump(walk.at);
    }),
  );

  // rbx: cursor, then the dentry; r12: directory; r13: number of the file; r14: struct filename; rcx: children seen
  const [lookup, miss, got, no_memory] = [1, 2, 3, 4].map(() => new Label()) as [Label, Label, Label, Label];
  const open = k.text.fn(
    '__x64_sys_open',
    fuse(
      (cpu) => {
        // getname
        pushRegisters(cpu, rbx, r12, r13, r14);
        cpu.set(r13, cpu.get(rdi));
        return slub.alloc(cpu, cpu.load64(kmalloc + KMALLOC_64 * 8));
      },
      (cpu) => {
        const f = cpu.get(rax);
        cpu.set(r14, f);
        if (f === 0) {
          cpu.jump(no_memory.at);
          return false;
        }
        cpu.store64(f + filename.name, f + filename.iname);
        cpu.store32(f + filename.refcnt, 1);
        storeText(cpu, f + filename.iname, `${fileName(cpu.get(r13))}\0`);
        const mounted = cpu.load64(super_blocks + PREV) - sb.s_list;
        cpu.set(r12, cpu.load64(mounted + sb.s_root));
        return locks.spinLock(cpu, cpu.get(r12) + d.d_lockref_lock);
      },
      (cpu) => {
        cpu.set(rbx, cpu.load64(cpu.get(r12) + d.d_subdirs));
        cpu.set(rcx, 0);
        return false;
      },
    ),
    lookup,
    timed(WALK_NS, (cpu) => {
      // d_lookup, by the directory's own list, under its lock
      const directory = cpu.get(r12);
      const hash = nameHash(cpu.get(r13));
      let at = cpu.get(rbx);
      for (let turn = 0; turn < STRIDE; turn++) {
        if (at === directory + d.d_subdirs) {
          locks.spinUnlock(cpu, directory + d.d_lockref_lock);
          return cpu.jump(miss.at);
        }
        const dentry = at - d.d_child;
        if (cpu.load32(dentry + d.d_name_hash) === hash) {
          add(cpu, dentry + d.d_lockref_count, 1);
          locks.spinUnlock(cpu, directory + d.d_lockref_lock);
          cpu.set(rbx, dentry);
          return cpu.jump(got.at);
        }
        cpu.set(rcx, cpu.get(rcx) + 1);
        at = cpu.load64(at);
      }
      cpu.set(rbx, at);
      cpu.jump(lookup.at);
    }),
    miss,
    (cpu) => {
      cpu.set(rdi, cpu.get(r12));
      if (cpu.get(rcx) >= UNUSED_DENTRIES) cpu.call(dcache.shrink.at);
    },
    (cpu) => {
      cpu.set(rdi, cpu.load64(cpu.get(r12) + d.d_sb));
      cpu.set(rsi, cpu.get(r13));
      cpu.call(dcache.alloc.at);
    },
    (cpu) => {
      cpu.set(rbx, cpu.get(rax));
      if (cpu.get(rax) === 0) return cpu.jump(no_memory.at);
      cpu.set(rdi, cpu.get(rax));
      cpu.set(rsi, cpu.get(r12));
      cpu.call(dcache.add.at);
    },
    got,
    (cpu) => {
      cpu.set(rdi, cpu.load64(cpu.get(rbx) + d.d_inode));
      cpu.call(ilookup.at);
    },
    (cpu) => cpu.call(iterate_supers.at),
    fuse(
      (cpu) => {
        // dput, then putname
        const dentry = cpu.get(rbx);
        add(cpu, cpu.load64(dentry + d.d_inode) + i.i_count, -1);
        add(cpu, dentry + d.d_lockref_count, -1);
        return slub.free(cpu, cpu.get(r14));
      },
      (cpu) => {
        cpu.set(rax, 0);
        popRegisters(cpu, rbx, r12, r13, r14);
        cpu.ret();
        return false;
      },
    ),
    no_memory,
    (cpu) => {
      const f = cpu.get(r14);
      cpu.set(rax, ENOMEM);
      popRegisters(cpu, rbx, r12, r13, r14);
      if (f === 0) cpu.ret();
      else slub.freeAndReturn(cpu, f);
    },
  );
  return { open, init: assembleMounts(k, slub, dcache) };
}

/**
 * rbx: number of the file system, then of the file; r12: super block; r13: what was made last; r14: inode. Nobody else
 * runs yet.
 */
function assembleMounts(k: Kernel, slub: Slub, { words }: Dcache): Label {
  const { super_block: sb, dentry: d, inode: i } = k.o;
  const super_blocks = k.symbol('super_blocks');
  const kmalloc = k.symbol('kmalloc_caches');
  const [again, next] = [new Label(), new Label()];
  /** What the next turn makes: -1 a root, else a file of the first file system. */
  const numberOf = (turn: number): number =>
    turn < FILE_SYSTEMS.length ? -1 : FIRST_PINNED + 4 * (turn - FILE_SYSTEMS.length);
  const mount = (cpu: Cpu, at: Address, turn: number): void => {
    cpu.fill(at, 0, sb.bytes);
    listAddTail(cpu, at + sb.s_list, super_blocks);
    initListHead(cpu, at + sb.s_inodes);
    cpu.store32(at + sb.s_dev, turn + 1);
    cpu.store64(at + sb.s_blocksize, BLOCK_BYTES);
    cpu.store32(at + sb.s_count, 1);
    cpu.store32(at + sb.s_active, 1);
    storeText(cpu, at + sb.s_id, `${FILE_SYSTEMS[turn]}\0`);
    cpu.set(r12, at);
  };
  return k.text.fn(
    'vfs_caches_init',
    (cpu) => {
      initListHead(cpu, super_blocks);
      cpu.set(rbx, 0);
    },
    again,
    fuse(
      (cpu) => {
        const turn = cpu.get(rbx);
        if (turn < FILE_SYSTEMS.length) return slub.alloc(cpu, cpu.load64(kmalloc + KMALLOC_256 * 8));
        cpu.set(r12, cpu.load64(super_blocks) - sb.s_list);
        return true;
      },
      (cpu) => {
        const turn = cpu.get(rbx);
        if (turn < FILE_SYSTEMS.length) mount(cpu, cpu.get(rax), turn);
        return slub.alloc(cpu, cpu.load64(words.inodes));
      },
      (cpu) => {
        cpu.set(r14, cpu.get(rax));
        words.initInode(cpu, cpu.get(r14), cpu.get(r12), numberOf(cpu.get(rbx)));
        listAddTail(cpu, cpu.get(r14) + i.i_sb_list, cpu.get(r12) + sb.s_inodes);
        return false;
      },
    ),
    fuse(
      (cpu) => slub.alloc(cpu, cpu.load64(words.dentries)),
      (cpu) => {
        const dentry = cpu.get(rax);
        const turn = cpu.get(rbx);
        cpu.set(r13, dentry);
        words.initDentry(cpu, dentry, cpu.get(r12), cpu.get(r14), numberOf(turn));
        if (turn >= FILE_SYSTEMS.length) {
          const root = cpu.load64(cpu.get(r12) + sb.s_root);
          cpu.store64(dentry + d.d_parent, root);
          listAddTail(cpu, dentry + d.d_child, root + d.d_subdirs);
          return slub.alloc(cpu, cpu.load64(words.names));
        }
        cpu.store64(cpu.get(r12) + sb.s_root, dentry);
        cpu.jump(next.at);
        return false;
      },
      (cpu) => {
        words.initName(cpu, cpu.get(r13), cpu.get(rax), numberOf(cpu.get(rbx)));
        return false;
      },
    ),
    next,
    (cpu) => {
      cpu.set(rbx, cpu.get(rbx) + 1);
      if (cpu.get(rbx) < FILE_SYSTEMS.length + PINNED) return cpu.jump(again.at);
      cpu.ret();
    },
  );
}
