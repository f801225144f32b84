// Proves that src/formats reads a real Linux, and cuts the excerpt of its memory that the tests read.
//
//   npm run build && node scripts/linux-fixture.mjs [--levels 4|5] [--check]
//
// Needs Debian with qemu-system-x86, busybox-static and bpftool; takes about half a minute. It downloads the cloud
// kernel's package (nothing is installed), boots it under TCG, takes the VMCOREINFO that the guest registered through
// fw_cfg, and from then on knows nothing but that text and the bytes of guest RAM. It stops with an error when what the
// readers say differs from what the guest printed (/proc/kallsyms) or from what bpftool says of the same BTF. Without
// --check it then writes test/fixtures/linux-6.1/: of a kernel with five levels only five-levels.bin.gz, for all else
// of it is the same.
import { execFileSync } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { readBtfBytes } from '../dist/formats/btf.js';
import { openElfCore } from '../dist/formats/elf-core.js';
import { kallsymsAddresses } from '../dist/formats/kallsyms.js';
import { foldBits, trueHex } from '../dist/base/fold.js';
import { addressSpace, kernelSpace, openKernel } from '../dist/formats/kernel.js';
import { scanForRegion } from '../dist/formats/region-scan.js';
import { parseVmcoreInfo } from '../dist/formats/vmcoreinfo.js';
import { subsetBtf } from './linux-btf-subset.mjs';
import { MEMORY_BYTES, withPausedLinux } from './linux-guest.mjs';

const SYMBOLS = [
  '_stext',
  'init_task',
  '__start_BTF',
  '__stop_BTF',
  'runqueues',
  '__per_cpu_offset',
  'tasklist_lock',
];
/** Where a kernel with five levels says that it has its memory. */
const BASES = ['page_offset_base', 'vmalloc_base', 'vmemmap_base'];
const STRUCTS = ['task_struct', 'rq', 'kmem_cache', 'printk_ringbuffer', 'timer_base', 'hrtimer_cpu_base'];
const FOLDER = 'test/fixtures/linux-6.1';
const PAGE = 4096;
const TASKS_KEPT = 4;

const { values: options } = parseArgs({
  options: { levels: { type: 'string', default: '4' }, check: { type: 'boolean', default: false } },
});
const levels = Number(options.levels);

await withPausedLinux({ levels, symbols: SYMBOLS }, async ({ release, files, printed }) => {
  const core = valueOf(
    openElfCore({ bytes: statSync(files.dump).size, read: reader(files.dump) }),
    'the dump',
  );
  const text = Buffer.from(core.vmcoreinfo).toString('latin1').replace(/\0+$/, '');
  const info = parseVmcoreInfo(text);
  const ram = reader(files.ram);
  const started = performance.now();
  const kernel = valueOf(openKernel(ram, info), 'the kernel');
  const opened_ms = (performance.now() - started).toFixed(1);
  const btf = valueOf(kernel.btf, 'the BTF');
  same(info.osrelease, release, 'OSRELEASE');
  same(kernel.space.levels, levels, 'levels of paging');
  const symbols = compareSymbols(kernel, printed);
  same(kernel.kallsyms.readable, Number(/^COUNT (\d+)/m.exec(printed)?.[1]), 'how many symbols there are');
  const blob = valueOf(
    readBtfBytes(kernel.space.read, symbols.__start_BTF, symbols.__stop_BTF - symbols.__start_BTF),
    'the bytes of the BTF',
  );
  const members = compareBtf(btf, blob, files.dump);
  const sighted = scanForRegion(ram, MEMORY_BYTES).filter((sighting) => sighting.kind === 'vmcoreinfo');
  if (!sighted.some(({ bytes }) => Buffer.from(bytes).includes(text)))
    throw new Error('the scan found no note');
  const tasks = walkTasks(kernel, btf, 4096);
  for (const comm of ['init', 'kthreadd', 'busybox']) {
    if (!tasks.some((task) => task.comm === comm)) throw new Error(`there is no task ${comm}`);
  }
  console.log(
    `${release}, ${levels} levels: ${kernel.kallsyms.readable} symbols, ${btf.count} types, ${members} members, ` +
      `${tasks.length} tasks; opened in ${opened_ms} ms; all agree`,
  );
  if (options.check) return;

  const { pages, recording } = recorder(ram);
  recordKernel(recording, kernel, levels === 5 ? [...SYMBOLS, ...BASES] : SYMBOLS);
  // What says where the areas lie is read word by word: those reads are kept, and none of the whole tables of symbols.
  if (levels === 5) openKernel((at, into) => (into.length <= 8 ? recording : ram)(at, into), info);
  const { root, fold } = kernel.space;
  const recorded = { space: addressSpace(recording, root, levels, fold), kallsyms: kernel.kallsyms };
  const kept = walkTasks(recorded, btf, TASKS_KEPT);
  const numbers = [...pages.keys()].sort((a, b) => a - b);
  const told = levels === 5 ? { tasks: kept } : {};
  const head = JSON.stringify({ release, levels, vmcoreinfo: text, ...told, pages: numbers });
  const excerpt = Buffer.concat([Buffer.from(`${head}\n`), ...numbers.map((page) => pages.get(page))]);
  const expected = {
    release,
    symbols: kernel.kallsyms.count,
    types: btf.count,
    addresses: Object.fromEntries(Object.entries(symbols).map(([name, at]) => [name, hex(at)])),
    tasks: kept,
    members: Object.fromEntries(STRUCTS.map((name) => [name, topMembers(btf, btf.find('struct', name))])),
  };
  mkdirSync(FOLDER, { recursive: true });
  if (levels === 5) {
    writeFileSync(join(FOLDER, 'five-levels.bin.gz'), gzipSync(excerpt, { level: 9 }));
    return;
  }
  writeFileSync(join(FOLDER, 'excerpt.bin.gz'), gzipSync(excerpt, { level: 9 }));
  writeFileSync(join(FOLDER, 'btf.bin.gz'), gzipSync(subsetBtf(blob, btf, STRUCTS), { level: 9 }));
  writeFileSync(join(FOLDER, 'expected.json'), JSON.stringify(expected));
  execFileSync('npx', ['prettier', '--write', join(FOLDER, 'expected.json')]);
});

function valueOf(result, what) {
  if (!result.ok) throw new Error(`${what}: ${result.code} ${result.message} at ${result.offset}`);
  return result.value;
}

function same(actual, expected, what) {
  if (actual !== expected) throw new Error(`${what}: read ${actual}, but it is ${expected}`);
}

function hex(address) {
  return BigInt.asUintN(64, BigInt(address)).toString(16).padStart(16, '0');
}

/** A file as memory. It stays open until the process ends or `withPausedLinux` removes it. */
function reader(file) {
  const descriptor = openSync(file, 'r');
  process.once('exit', () => closeSync(descriptor));
  const { size } = fstatSync(descriptor);
  return (at, into) =>
    at >= 0 && at + into.length <= size && readSync(descriptor, into, 0, into.length, at) === into.length;
}

/** What the guest printed of /proc/kallsyms against what is read from its memory. */
function compareSymbols(kernel, printed) {
  const symbols = {};
  for (const [, digits, name] of printed.matchAll(/^([0-9a-f]{16}) \w (\w+)\r?$/gm)) {
    const address = kernel.kallsyms.lookup(name);
    same(address === undefined ? 'nothing' : hex(address), digits, name);
    symbols[name] = address;
  }
  same(Object.keys(symbols).length, SYMBOLS.length, 'how many symbols the guest printed');
  return symbols;
}

/** Every type and member of the blob as bpftool sees it. */
function compareBtf(btf, blob, scratch) {
  writeFileSync(`${scratch}.btf`, blob);
  const dump = execFileSync('bpftool', ['-j', 'btf', 'dump', 'file', `${scratch}.btf`], {
    maxBuffer: 1024 * 1024 * 1024,
  });
  const { types } = JSON.parse(dump.toString());
  let members = 0;
  same(btf.count, types.length, 'how many types');
  for (const type of types) {
    same(btf.name(type.id), type.name === '(anon)' ? '' : type.name, `the name of type ${type.id}`);
    if (type.kind !== 'STRUCT' && type.kind !== 'UNION') continue;
    same(btf.kind(type.id), type.kind.toLowerCase(), `the kind of ${type.name}`);
    same(btf.sizeOf(type.id), type.size, `the size of ${type.name}`);
    const read = btf.members(type.id);
    same(read.length, type.members.length, `members of ${type.name}`);
    type.members.forEach((member, index) => {
      const what = `${type.name}.${member.name}`;
      same(read[index].name, member.name === '(anon)' ? '' : member.name, what);
      same(read[index].bit_offset, member.bits_offset, what);
      same(read[index].type, member.type_id, what);
      same(read[index].bits, member.bitfield_size ?? 0, what);
      members++;
    });
  }
  return members;
}

function topMembers(btf, id) {
  const named = btf.members(id).filter((member) => member.name !== '');
  return Object.fromEntries(named.map((member) => [member.name, [member.bit_offset, member.bytes]]));
}

/** The first `limit` thread-group leaders after init_task. */
function walkTasks(kernel, btf, limit) {
  const task_struct = btf.find('struct', 'task_struct');
  const at = (path) => btf.member(task_struct, path).offset;
  const head = kernel.kallsyms.lookup('init_task') + at('tasks');
  const word = Buffer.alloc(8);
  const tasks = [];
  for (let link = head; tasks.length < limit;) {
    const task = link - at('tasks');
    const comm = Buffer.alloc(16);
    if (!kernel.space.read(task + at('comm'), comm)) throw new Error('a task cannot be read');
    if (!kernel.space.read(task + at('pid'), word.subarray(0, 4))) throw new Error('a task cannot be read');
    tasks.push({
      pid: word.readInt32LE(),
      comm: comm.toString('latin1').replace(/\0.*/s, ''),
      address: trueHex(kernel.space.fold, task),
    });
    if (!kernel.space.read(link, word)) throw new Error('a link cannot be read');
    link = foldBits(kernel.space.fold, word.readBigUInt64LE());
    if (link === head) break;
  }
  return tasks;
}

/** Memory that remembers what was read of it: whole pages in which all that nobody read is zero. */
function recorder(ram) {
  const pages = new Map();
  const recording = (at, into) => {
    if (!ram(at, into)) return false;
    for (let index = 0; index < into.length; index++) {
      const page = Math.floor((at + index) / PAGE);
      if (!pages.has(page)) pages.set(page, Buffer.alloc(PAGE));
      pages.get(page)[(at + index) % PAGE] = into[index];
    }
    return true;
  };
  return { pages, recording };
}

/** The small tables of kallsyms, and of the large ones the blocks of 256 symbols that hold what is wanted. */
function recordKernel(recording, kernel, wanted) {
  const { read } = kernelSpace(recording, kernel.info);
  const at = kallsymsAddresses(kernel.info.symbols);
  const { count } = kernel.kallsyms;
  const take = (address, bytes) => {
    const into = Buffer.alloc(bytes);
    if (!read(address, into)) throw new Error('a table of kallsyms cannot be read');
    return into;
  };
  take(at.num_syms, 4);
  take(at.relative_base, 8);
  take(at.token_table, at.token_index + 512 - at.token_table);
  const blocks = Math.ceil(count / 256);
  const seqs_at = at.token_table - Math.ceil((count * 3) / 8) * 8;
  const markers_at = seqs_at - Math.ceil((blocks * 4) / 8) * 8;
  const markers = take(markers_at, blocks * 4);
  const left = new Set(wanted);
  for (let index = 0; index < count && left.size > 0; index++) {
    if (!left.delete(kernel.kallsyms.symbol(index)?.name)) continue;
    const block = Math.floor(index / 256);
    const start = markers.readUInt32LE(block * 4);
    const end = block + 1 < blocks ? markers.readUInt32LE(block * 4 + 4) : markers_at - at.names;
    take(at.names + start, end - start);
    take(at.offsets + block * 1024, 1024);
  }
}
