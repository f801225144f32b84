import type { Address } from '../../../../base/address.ts';
import type { Cpu } from '../../step.ts';
import { fuse, Label } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import { popRegisters, pushRegisters, storeText } from './inline.ts';
import type { Lists } from './lists.ts';
import { initListHead } from './lists.ts';
import type { Locks } from './locks.ts';
import { r12, r13, r14, rax, rbx, rdi, rsi } from './registers.ts';
import { KMALLOC_64 } from './slub-init.ts';
import type { Slub } from './slub.ts';

/** fs/dcache.c and fs/inode.c: names of files, each with its inode. Called functions. */
export interface Dcache {
  /**
   * __d_alloc with a new inode: rdi: super block, rsi: number of the file. rax: the dentry with one reference, or 0.
   */
  readonly alloc: Label;
  /** Puts the dentry rdi under its parent rsi. */
  readonly add: Label;
  /** prune_dcache: the oldest dentry under rdi that nobody uses goes, with its inode. */
  readonly shrink: Label;
  readonly words: FileWords;
}

/** New inodes and dentries, filled in. Every function is part of a step. */
interface FileWords {
  /** Variables that point at the caches. */
  readonly inodes: Address;
  readonly dentries: Address;
  readonly names: Address;
  /** `number` is below 0 for a directory. */
  initInode(cpu: Cpu, inode: Address, super_block: Address, number: number): void;
  initDentry(cpu: Cpu, dentry: Address, super_block: Address, inode: Address, number: number): void;
  /** The external name of a dentry whose name is long. */
  initName(cpu: Cpu, dentry: Address, name: Address, number: number): void;
}

/** linux/dcache.h: longer names do not fit into d_iname. */
const DNAME_INLINE_LEN = 32;
const S_IFREG = 0x8000;
const S_IFDIR = 0x4000;
const STRIDE = 16;

/** Every fourth file has a long name. */
export function fileName(number: number): string {
  if (number < 0) return '/';
  const digits = String(number % 100).padStart(2, '0');
  return number % 4 === 3 ? `a-name-that-no-dentry-has-room-for-${digits}` : `file-${digits}`;
}

/** What full_name_hash is here: the numbers of files differ, so do these. */
export function nameHash(number: number): number {
  return Math.imul(number + 2, 0x9e37_79b1) >>> 0;
}

/** True when the name lies outside of the dentry. */
function isLong(number: number): boolean {
  return fileName(number).length >= DNAME_INLINE_LEN;
}

function fileWords(k: Kernel): FileWords {
  const { dentry: d, inode: i, external_name } = k.o;
  const last_ino = k.symbol('last_ino');
  return {
    inodes: k.symbol('inode_cachep'),
    dentries: k.symbol('dentry_cache'),
    names: k.symbol('kmalloc_caches') + KMALLOC_64 * 8,
    initInode(cpu, inode, super_block, number) {
      const ino = cpu.load32(last_ino) + 1;
      cpu.store32(last_ino, ino);
      cpu.fill(inode, 0, i.bytes);
      cpu.store16(inode + i.i_mode, number < 0 ? S_IFDIR | 0x1ed : S_IFREG | 0x1a4);
      cpu.store64(inode + i.i_sb, super_block);
      cpu.store64(inode + i.i_ino, ino);
      cpu.store32(inode + i.i_nlink, 1);
      cpu.store32(inode + i.i_count, 1);
      initListHead(cpu, inode + i.i_lru);
    },
    initDentry(cpu, dentry, super_block, inode, number) {
      const name = fileName(number);
      cpu.fill(dentry, 0, d.bytes);
      cpu.store64(dentry + d.d_parent, dentry);
      cpu.store32(dentry + d.d_name_hash, nameHash(number));
      cpu.store32(dentry + d.d_name_len, name.length);
      cpu.store64(dentry + d.d_name_name, dentry + d.d_iname);
      cpu.store64(dentry + d.d_inode, inode);
      cpu.store64(dentry + d.d_sb, super_block);
      cpu.store32(dentry + d.d_lockref_count, 1);
      for (const head of [d.d_lru, d.d_child, d.d_subdirs]) initListHead(cpu, dentry + head);
      if (name.length < DNAME_INLINE_LEN) storeText(cpu, dentry + d.d_iname, name);
    },
    initName(cpu, dentry, name, number) {
      cpu.fill(name, 0, external_name.bytes);
      cpu.store32(name + external_name.count, 1);
      storeText(cpu, name + external_name.name, fileName(number));
      cpu.store64(dentry + d.d_name_name, name + external_name.name);
    },
  };
}

export function assembleDcache(k: Kernel, locks: Locks, lists: Lists, slub: Slub): Dcache {
  const { dentry: d, external_name } = k.o;
  const words = fileWords(k);
  const { insert, evict } = inodes(k, words, locks, lists, slub);

  // rbx: dentry, r12: super block, r13: number, r14: inode
  const [named, no_memory, out] = [1, 2, 3].map(() => new Label()) as [Label, Label, Label];
  const alloc = k.text.fn(
    '__d_alloc',
    (cpu) => {
      pushRegisters(cpu, rbx, r12, r13, r14);
      cpu.set(r12, cpu.get(rdi));
      cpu.set(r13, cpu.get(rsi));
      cpu.call(insert.at);
    },
    fuse(
      (cpu) => {
        cpu.set(r14, cpu.get(rax));
        if (cpu.get(rax) !== 0) return slub.alloc(cpu, cpu.load64(words.dentries));
        cpu.jump(out.at);
        return false;
      },
      (cpu) => {
        const dentry = cpu.get(rax);
        const number = cpu.get(r13);
        cpu.set(rbx, dentry);
        if (dentry === 0) {
          cpu.jump(no_memory.at);
          return false;
        }
        words.initDentry(cpu, dentry, cpu.get(r12), cpu.get(r14), number);
        if (isLong(number)) return slub.alloc(cpu, cpu.load64(words.names));
        cpu.jump(named.at);
        return false;
      },
      (cpu) => {
        if (cpu.get(rax) !== 0) words.initName(cpu, cpu.get(rbx), cpu.get(rax), cpu.get(r13));
        return false;
      },
    ),
    named,
    (cpu) => {
      cpu.set(rax, cpu.get(rbx));
      popRegisters(cpu, rbx, r12, r13, r14);
      cpu.ret();
    },
    no_memory,
    (cpu) => {
      cpu.set(rdi, cpu.get(r14));
      cpu.call(evict.at);
    },
    (cpu) => cpu.set(rax, 0),
    out,
    (cpu) => {
      popRegisters(cpu, rbx, r12, r13, r14);
      cpu.ret();
    },
  );

  // rbx: dentry, r12: parent
  const child: (cpu: Cpu) => Address = (cpu) => cpu.get(rbx) + d.d_child;
  const add = k.text.fn(
    'd_add',
    (cpu) => {
      pushRegisters(cpu, rbx, r12);
      cpu.set(rbx, cpu.get(rdi));
      cpu.set(r12, cpu.get(rsi));
      cpu.store64(cpu.get(rdi) + d.d_parent, cpu.get(rsi));
      locks.spinLock(cpu, cpu.get(rsi) + d.d_lockref_lock);
    },
    lists.addTail(child, (cpu) => cpu.get(r12) + d.d_subdirs),
    (cpu) => {
      locks.spinUnlock(cpu, cpu.get(r12) + d.d_lockref_lock);
      popRegisters(cpu, rbx, r12);
      cpu.ret();
    },
  );

  // rbx: cursor, then the victim; r12: parent
  const [search, chosen, none, short] = [1, 2, 3, 4].map(() => new Label()) as [Label, Label, Label, Label];
  const shrink = k.text.fn(
    'shrink_dentry_list',
    fuse(
      (cpu) => {
        pushRegisters(cpu, rbx, r12);
        cpu.set(r12, cpu.get(rdi));
        return locks.spinLock(cpu, cpu.get(rdi) + d.d_lockref_lock);
      },
      (cpu) => {
        cpu.set(rbx, cpu.load64(cpu.get(r12) + d.d_subdirs));
        return false;
      },
    ),
    search,
    (cpu) => {
      for (let turn = 0; turn < STRIDE; turn++) {
        const at = cpu.get(rbx);
        if (at === cpu.get(r12) + d.d_subdirs) return cpu.jump(none.at);
        if (cpu.load32(at - d.d_child + d.d_lockref_count) === 0) {
          cpu.set(rbx, at - d.d_child);
          return cpu.jump(chosen.at);
        }
        cpu.set(rbx, cpu.load64(at));
      }
      cpu.jump(search.at);
    },
    chosen,
    lists.del(child),
    (cpu) => {
      const dentry = cpu.get(rbx);
      locks.spinUnlock(cpu, cpu.get(r12) + d.d_lockref_lock);
      const name = cpu.load64(dentry + d.d_name_name);
      if (name === dentry + d.d_iname) return cpu.jump(short.at);
      slub.free(cpu, name - external_name.name);
    },
    short,
    fuse(
      (cpu) => {
        cpu.set(r12, cpu.load64(cpu.get(rbx) + d.d_inode));
        return slub.free(cpu, cpu.get(rbx));
      },
      (cpu) => {
        cpu.set(rdi, cpu.get(r12));
        popRegisters(cpu, rbx, r12);
        cpu.jump(evict.at);
        return false;
      },
    ),
    none,
    (cpu) => {
      locks.spinUnlock(cpu, cpu.get(r12) + d.d_lockref_lock);
      popRegisters(cpu, rbx, r12);
      cpu.ret();
    },
  );
  return { alloc, add, shrink, words };
}

/** New inodes on their super block's list, and old ones off it, under inode_hash_lock. */
function inodes(
  k: Kernel,
  words: FileWords,
  locks: Locks,
  lists: Lists,
  slub: Slub,
): { readonly insert: Label; readonly evict: Label } {
  const { inode: i, super_block } = k.o;
  const inode_hash_lock = k.symbol('inode_hash_lock');
  const link: (cpu: Cpu) => Address = (cpu) => cpu.get(rbx) + i.i_sb_list;

  // rdi: super block, rsi: below 0 for a directory. rbx: inode, r12: super block; rax: the inode or 0
  const none = new Label();
  const insert = k.text.fn(
    'inode_insert5',
    fuse(
      (cpu) => {
        pushRegisters(cpu, rbx, r12, r13);
        cpu.set(r12, cpu.get(rdi));
        cpu.set(r13, cpu.get(rsi));
        return slub.alloc(cpu, cpu.load64(words.inodes));
      },
      (cpu) => {
        const inode = cpu.get(rax);
        cpu.set(rbx, inode);
        if (inode === 0) {
          cpu.jump(none.at);
          return false;
        }
        words.initInode(cpu, inode, cpu.get(r12), cpu.get(r13));
        return locks.spinLock(cpu, inode_hash_lock);
      },
    ),
    lists.addTail(link, (cpu) => cpu.get(r12) + super_block.s_inodes),
    (cpu) => {
      locks.spinUnlock(cpu, inode_hash_lock);
      cpu.set(rax, cpu.get(rbx));
      popRegisters(cpu, rbx, r12, r13);
      cpu.ret();
    },
    none,
    (cpu) => {
      cpu.set(rax, cpu.get(rbx));
      popRegisters(cpu, rbx, r12, r13);
      cpu.ret();
    },
  );
  // rdi: inode
  const evict = k.text.fn(
    'evict',
    (cpu) => {
      pushRegisters(cpu, rbx);
      cpu.set(rbx, cpu.get(rdi));
      locks.spinLock(cpu, inode_hash_lock);
    },
    lists.del(link),
    (cpu) => {
      const inode = cpu.get(rbx);
      locks.spinUnlock(cpu, inode_hash_lock);
      popRegisters(cpu, rbx);
      slub.freeAndReturn(cpu, inode);
    },
  );
  return { insert, evict };
}
