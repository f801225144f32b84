/**
 * One document for each word of the language that no other table of `model/` holds. `siren explain` and a test read it.
 */

/** A kind of word, its words, and what each means. A word of several meanings stands in several groups. */
export interface WordGroup {
  readonly kind: string;
  readonly words: Readonly<Record<string, string>>;
}

const DECLARATIONS: WordGroup = {
  kind: 'what a file declares',
  words: {
    import:
      'Takes names from another spec: `import { two_partitions } from "./lib/machines.spec"`. Paths are relative to the file and stay inside the project.',
    tag: 'Declares a tag and says what it is for: `tag smoke "on every commit"`. A scenario can only have tags that are declared here, imported, or in siren.yaml.',
    let: 'Gives a value or a place a name: `let victim = web.tasks["nginx"]`. In a file or in a scenario.',
    topology:
      'Declares a machine with its partitions and ambulances, which a scenario `uses`: `topology two { machine { … } lpar web { … } ambulance rescue { … } }`.',
    fault:
      "A fault of one's own: actions under one name, used like a built-in verb. `fault scribble(order, quantity) { set order.qty to quantity }`.",
    struct:
      "A C type: `struct order { link: list_head; id: u64; state: enum u8 { open = 0, filled = 1 }; child: *order[4] }`. `struct task_struct from guest` takes the guest's own members.",
    locator:
      'Where a structure is and how to walk it: `locator orders: list of order via link from symbols["order_book"] space tasks["shop"].mm`. `in NAME` nests it in the elements of another.',
    validator:
      'What must hold of a structure: `validator orders { each o in orders { require o.qty in 1..1000 else RANGE "order {o.id}" } }`. Of two with one name, that of the spec takes the place of the one that ships.',
    def: 'A formula under a name: `def decode(c, place) = u64_at(place) ^ c.random ^ swab64(place)`. It is written out in its place, so that it cannot use itself.',
    scenario:
      'One thing that is tested: a machine, what happens to it, and what must then be so. `scenario "name" { uses … run … at …: … expect { … } }`.',
    for: 'A table: the scenario is run once for each row, and `{name}` in its title is replaced. `for victim in ["nginx", "sshd"]`, `for a, b in [[1, 2], [3, 4]]`. Several multiply.',
  },
};

const OF_A_SCENARIO: WordGroup = {
  kind: 'what a scenario says',
  words: {
    uses: 'The topology that the scenario runs on: `uses two_partitions`. Or describe `machine`, `lpar` and `ambulance` in the scenario itself.',
    change:
      'Alters a part of what `uses` brought: `change web { kernel { heartbeat 10 ms } }`, `change machine { iommu off }`.',
    tags: 'Words to select scenarios by, with `--tags`: `tags smoke, lists`. Each has to be declared with `tag`.',
    targets: 'What the scenario may run on: `targets sim`. Default `sim`.',
    run: 'How long the run lasts in virtual time, from t = 0, the boot-complete of the last partition: `run 400 ms`. Default 200 ms.',
    seeds:
      'The scenario is run once under each seed: `seeds 1..20`, `seeds 7`, `seeds [1, 4711]`. Default 1. `--seed` replaces them.',
    core: 'A dump in the place of a machine, for `targets core`: `core web file "cores/4711.vmcore" sha256 "9f2c6d0e4b1a" kernel "6.1.0-56-cloud-amd64"`. The file is written as seen from the spec; digest (its first digits) and release are checked when they are given. Nothing runs: the rescue looks, and claims are judged.',
    file: 'Of `core`: the dump, inside the project.',
    sha256: 'Of `core`: the first 8 or more hex digits of the digest of the file.',
    booted:
      'Of `core`: an earlier dump of the same boot, from when all was well: `core web file "cores/4711.vmcore" booted "cores/4710.vmcore"`. The kernel\'s code is compared with what it holds there; without it, `text` is `unchecked`.',
    budget:
      'Of a scenario with a `core`: the wall time that the rescue may take, and how much of a dump it may hold: `budget 2 s memory 300 MiB`. What needs more memory is `unreachable` with BUDGET.',
    skip: 'The scenario is not run and the reports say why: `skip "needs a kernel image, #7"`.',
    xfail:
      'The scenario is known to fail, and why: `xfail "the watchdog is rewritten, #4711" until 2027-03-01`. If it passes, the run is red until the mark is taken away.',
    expect:
      'The claims: `expect { guest web is healthy }`. Each line is an observer, a subject, `is` or `is not`, and what it must be.',
    let: 'A name for a value or a place within the scenario. What is drawn by the seed (`[any]`) is drawn once.',
  },
};

const PARTS: WordGroup = {
  kind: 'parts of a topology',
  words: {
    machine:
      'The hardware that the partitions share: `machine { cpus 0..5; memory 512 MiB; block disk0; network eth0 }`.',
    lpar: 'A partition with its own operating system: `lpar web { owns cpus 0..1; owns memory 128 MiB; kernel linux { … }; metadata { … } }`.',
    ambulance:
      'The rescuer, with CPUs and memory of its own: `ambulance rescue { owns cpus 5; owns memory 64 MiB; attends web, db }`.',
    owns: 'Resources that nobody else has: `owns cpus 0..1`, `owns memory 128 MiB`, `owns device disk0`.',
    shares:
      'Resources that several have, given out in fixed slots by weight: `shares cpus 0..1 vcpus 2 weight 3`, `shares device eth0`. Memory that two partitions see: `shares memory mailbox size 1 MiB with web`.',
    borrows:
      "CPUs of an ambulance that has none: `borrows cpus patient.cpus`. It works in its patient's slots, and what it takes counts as the patient's CPU time; nobody else notices.",
    attends: 'Whom the ambulance is called for when the hypervisor finds them failing: `attends web, db`.',
    standby: 'The ambulance comes only where another one has died: `standby yes`. Default no.',
    kernel:
      "The partition's operating system: `kernel linux { workload web_server; heartbeat 5 ms by fork }`.",
    metadata:
      'What the guest registers about itself at boot, for a rescuer to read: `metadata { size 64 KiB; seal crc32c; describes tasks, locks }`.',
  },
};

const OF_STRUCTURES: WordGroup = {
  kind: 'what a struct, a locator or a validator says',
  words: {
    size: 'Bytes from one struct to the next: `struct node size 256 { … }`. At least what its members take.',
    bits: 'A bit-field: `flags: u32 bits 3`.',
    enum: 'Names for numbers: `state: enum u8 { open = 0, filled = 1 }`. Beside such a member the names stand for their values.',
    union:
      'Members that lie at one place: `: union { a: u32; b: be16[2] }`. Without a name they count as those of the struct around them.',
    of: 'Of which type the elements are: `list of order`. In an `app`, whose elements are linked a second time: `recents 100 of answers`.',
    via: 'The member by which an element is linked: `via tasks`, `via se.run_node`.',
    from: 'Where a structure, a walk or a counter begins: `from symbols["order_book"]`; nested, with a leading dot, at the element around it. `[*]` stands for each entry or each CPU.',
    step: 'What follows an element: `step child[0..count]`, `step decode(c, o + c.offset)`.',
    length: 'How many entries an array has.',
    first: 'Of a ring, the index of the first entry in use.',
    last: 'Of a ring, the index after the last entry in use.',
    key: 'What elements are in order by.',
    label: 'The text that an element is named by in brackets: `label comm` makes `tasks["nginx"]`.',
    id: 'The number that an element is named by in brackets.',
    space:
      'The process in whose memory a structure lies: `space tasks["shop"].mm`. Without it, the kernel\'s.',
    guard:
      'The lock that writers hold. Held when the structure was read, it is read again, and then called `unsettled`. A leading dot is a part of the root object.',
    limit:
      'More elements than that are no structure but damage, TOO_MANY: `limit 10_000`. A locator without one goes through 1,048,576, and more are no finding but BUDGET. A walk must have one, and says `over CODE` beyond it.',
    including: "`including head`: the object around a list's head is an element, too.",
    require:
      'A condition, and the finding when it does not hold: `require o.qty in 1..1000 else RANGE "order {o.id}: quantity {o.qty}"`. `at` says which field is to blame, `expected` what it should be, `means` which cause it speaks for.',
    each: 'A sentence for each element: `each o in orders where o.qty > 0 { … }`. It goes through the elements of a locator, entries of an array, `cpus`, a range or a set; `.index` of its name is the position.',
    if: 'In a validator: `if c.size != 0 { … }` requires what stands in it only where that holds. As a clause, see there.',
    it: 'The element itself: in a locator, and in the second value of `any all sum min max count depth`. `any(threads, .pid == t.pid and &it != &t)`.',
    walk: 'A bounded way through memory that no shape covers: `walk o from k.freelist step o.next limit 100 { … }`. It ends at 0, where `until` holds, at a cycle (`cycle CODE means CAUSE`), at its limit (`over CODE`) or where memory cannot be read.',
    where: 'Only the elements for which it holds: `each k in c.cpu_slab[*] where k.slab != 0 { … }`.',
    cycle: 'The code of a walk that comes back to where it was. Default WALK_CYCLE.',
    over: 'The code of a walk that goes on beyond its limit. Default WALK_LIMIT.',
    means: 'The cause that a finding speaks for, of the catalogue of diagnoses.',
    expected: 'What a field should hold, by the rest of the structure.',
    repair:
      'What is done about a finding: `repair COUNT: set symbols["order_count"] to count(orders) unless loss`. It sees the names that were bound where the requirement stands.',
    only_if: 'A repair is done only where it holds.',
    unless:
      '`unless loss`: a repair is declined when it would hide that data is gone: a walk could not be ended, or less is counted than stands there of what hangs together one way only.',
    loses: 'What a repair gives up, for the report: `abandon k.freelist loses objects`.',
    as: 'Another type for a place, another width for a number: `symbols["order_count"] as u64`, `x as *node`.',
    index: 'Of a name bound by `each`, its position, from 0.',
    sizeof: 'Bytes of a type: `sizeof(order)`.',
    app: 'A process and what it fills its memory with: `app shop { orders 200 { id counter from 1; qty 1..1000; state [open, filled] } }`.',
    counter: 'A member that goes on from element to element: `id counter from 1 step 2`.',
    childless: "In an `app`, whether a graph's element has nobody below it: `leaf childless ? 1 : 0`.",
    root: 'In an `app`, where a structure begins, as its locator says.',
  },
};

const RESOURCES: WordGroup = {
  kind: 'resources of a partition',
  words: {
    cpus: 'A set of physical CPUs: `owns cpus 0..1`, `shares cpus [0, 2..3]`. In `machine`, those that there are.',
    memory: 'Bytes in whole pages: `owns memory 128 MiB`. In `machine`, all that there is.',
    device: 'Devices of the machine by name: `owns device disk0`, `shares device eth0 weight 2`.',
    vcpus:
      'How many virtual CPUs a partition has on the CPUs that it shares: `shares cpus 0..1 vcpus 2`. Default one for each.',
    minimum:
      "What all slots of a partition together give it at the least, as a part of one CPU's time: `shares cpus 0..1 weight 2 minimum 30%`. The weights have to give it: a promise that they do not keep is an error.",
    size: 'Bytes of a shared region, in whole pages, 4 KiB to 64 MiB: `shares memory mailbox size 1 MiB with web`.',
    with: 'The other partition of a shared region. Its guest sees the region, too, and messages go to and fro.',
    weight:
      'How many slots of a shared resource one gets beside the others, 1 to 100: `shares cpus 0 weight 3`. Default 1.',
  },
};

const OF_A_MACHINE: WordGroup = {
  kind: 'settings of a machine',
  words: {
    cpus: 'Numbers of the physical CPUs, below 64: `cpus 0..5`.',
    memory: 'All of the memory, 1 MiB to 64 GiB: `memory 512 MiB`.',
    block: 'Disks by name: `block disk0, disk1`.',
    network: 'Network cards by name: `network eth0`.',
    console: 'Consoles by name: `console con0`.',
    iommu:
      'Whether a device can reach what it was not granted: `strict` (the default) stops it, `off` does not.',
    slice: 'Length of one slot on a shared CPU, 10 us to 1 s: `slice 10 ms`, which is the default.',
    strict: 'Of `iommu`: a DMA to what the device was not granted is stopped.',
    off: 'Of `iommu`: any DMA goes where it is sent.',
  },
};

const OF_A_KERNEL: WordGroup = {
  kind: 'settings of a kernel',
  words: {
    linux: 'The one kernel that there is: `kernel linux { … }`. Small, and shaped like Linux 6.1.',
    workload:
      'What the guest does all day: `web_server`, `database`, `compile` or `idle` (the default). It says which tasks there are.',
    heartbeat:
      'Period of the sign of life to the hypervisor, 0.5 ms to 60 s, and how it is made: `heartbeat 5 ms by fork`. Three missing ones and the hypervisor calls the guest failing.',
    watchdog_thresh:
      "Linux's own: a CPU that takes no timer interrupt for so long is a hard lock-up, one that does not schedule for twice as long a soft one. 10 ms to 60 s; default 10 s.",
    panic_on_oops: '`yes` turns an oops into a panic. Default `no`, as in stock Linux.',
    softlockup_panic: '`yes` turns a soft lock-up into a panic. Default `no`.',
    layout_seed:
      "Permutes the members of the kernel's structures, so that a rescuer that knows an offset by heart is found out. Default 0, the natural order.",
    fork: 'Of `heartbeat … by`: each beat forks a task, which proves that the task list and the scheduler work. The default.',
    thread: 'Of `heartbeat … by`: a kernel thread beats.',
    yes: 'True, for a setting.',
    no: 'False, for a setting.',
  },
};

const OF_METADATA: WordGroup = {
  kind: 'settings of metadata',
  words: {
    size: 'Bytes of the region, 4 KiB to 16 MiB: `size 64 KiB`, which is the default.',
    seal: 'How rot in the region is noticed: `crc32c` (the default) or `none`. A seal does not stop a lie.',
    crc32c: 'Of `seal`: a CRC-32C over the region.',
    none: 'Of `seal`: no seal, so rot is noticed only where something is malformed.',
    describes:
      'Structures that the region says how to find: `describes tasks, run_queues, locks, app.orders`. Of others that ship the verdict is `unchecked`; a structure that the spec itself declares is looked for in any case. Default all.',
  },
};

const TRIGGERS: WordGroup = {
  kind: 'triggers: when something happens',
  words: {
    at: 'Once, at a virtual time after t = 0: `at 40 ms called harm: set web.orders[40].qty to 0`.',
    every:
      'Again and again: `every 10 ms from 20 ms to 50 ms: …`. Without `from` from the start, without `to` until the end.',
    on: 'When an event occurs: `on web.register: …`, `on web.tasks["nginx"].run nth 3: …`, `on rescue.diagnosed: …`. While booting too, before t = 0. `siren explain` lists the events.',
    'on each':
      'One run for each occurrence of an event, which a run before it has counted: `on each rescue.write called death: kill rescue`; with `nth 10` for every tenth. At most 256; where there is none, the scenario fails. `before(EVENT, …)` of that event is before the occurrence at hand.',
    called:
      'A name for the trigger, which a claim can refer to: `at 40 ms called smash: …` and `within 1 ms of smash.activated`.',
    nth: 'Of `on`: not the first occurrence but this one, counted from 1: `on web.fork nth 3`. Of `on each`: every so many, `on each web.run nth 10` the 10th, the 20th, the 30th.',
    from: 'Of `every`: when it begins: `every 10 ms from 20 ms`.',
    to: 'Of `every`: when it ends: `every 10 ms to 50 ms`.',
    if: 'Of a trigger: it fires only if this is so at that moment: `at 40 ms if web.orders[40].qty > 5: …`.',
    fired:
      'A moment of a trigger: when its action was carried out: `within 1 ms of smash.fired`. A fault that never fired fails the scenario.',
    activated:
      'A moment of a fault: when the guest first read a damaged byte: `within 1 ms of smash.activated`, `given smash.activated`.',
  },
};

const OBSERVERS: WordGroup = {
  kind: 'observers: who makes a claim',
  words: {
    guest: 'What truly became of an operating system: `guest web is oopsed by list_bug`.',
    hypervisor:
      'What the hypervisor noticed of a partition, its metadata or a device: `hypervisor web is failing by heartbeat`, `hypervisor web.metadata is refused with OUTSIDE`.',
    verdict:
      'What the ambulance concluded of a structure: `verdict web.tasks is corrupt with LIST_NULL at web.tasks["nginx"].tasks.next`. `web.*` is all that one patient describes and has, `others` all such that no claim names.',
    diagnosis:
      'The cause that the ambulance named: `diagnosis web is lock_leak at web.locks["tasklist_lock"]`.',
    service:
      'How the repair of a partition ended: `service web is done`, `service web is rolled_back by verify`, `service web is declined with WOULD_LOSE_DATA`.',
    bystander:
      'Whether a partition was left alone, bit by bit: `bystander db is contained` (by the fault), `bystander db is undisturbed` (by the rescue).',
    check: 'Any expression, at the end of the run: `check web.cpu_time / elapsed > 30%`.',
  },
};

const CLAUSES: WordGroup = {
  kind: 'clauses of a claim',
  words: {
    is: 'Between a subject and what it must be: `guest web is healthy`. `is not` denies it; `or` lists alternatives.',
    with: 'The finding code of a verdict, or the reason of a refusal or of a service: `is corrupt with LIST_NULL`, `is refused with SEAL`, `is declined with NO_REPAIR`.',
    at: 'The place that the finding or the diagnosis must name: `at web.tasks["nginx"].tasks.next`. Met by any address inside it.',
    by: 'The sign by which it showed: `is failing by heartbeat`, `is oopsed by list_bug or page_fault`; of a service, what ended it: `is rolled_back by verify`.',
    via: 'How the ambulance came by the region: `verdict web.tasks is intact via boot_copy`.',
    within: 'A limit of virtual time: `within 1 ms of smash.activated`. Without `of`, counted from t = 0.',
    of: 'What `within` counts from: a trigger by its name, its moment `fired` unless it says `.activated`; or an event, its first occurrence: `within 20 ms of rescue.resume`.',
    rank: 'Where the diagnosis stands in the list, 1 first: `diagnosis web is oops rank 1..2`. Default 1.',
    except:
      'Structures that `web.*` or `others` does not mean: `verdict others is intact except web.log`. Of a bystander, whom it shares memory with: that memory, and messages to that partition, are left out: `bystander db is contained except web`.',
    slack:
      'By how much times may differ where another partition sends messages: `bystander db is undisturbed slack 10 ms`. Everything else is compared as ever.',
    from: 'Which ambulance said or did so, where there are several: `verdict web.tasks is intact from rescue`, `service web is done from spare`.',
    until:
      'The claim is judged over the time before this event: `guest web is healthy until rescue.attach`. (Of `xfail`: the last day that it is good for.)',
    if: 'The claim is made only where this is so: `if harmful`. A table can so say what each row expects.',
    given:
      'The claim is judged only if a trigger came to pass: `given smash.activated`. Otherwise the report says that it was not judged.',
  },
};

const VERDICT_WORDS: WordGroup = {
  kind: 'verdicts',
  words: {
    intact: 'Checked from end to end, and nothing is wrong.',
    corrupt: 'Something is wrong; `with` says what and `at` where.',
    unreachable: 'It could not be found or read, so nothing is known of it.',
    unsettled:
      'It was changing whenever it was read: its guard was held. A torn update is not corruption. Of a dump, which is read once, also what no lock guards and may have been half done.',
    unchecked: 'Nothing describes it, or nothing knows how to check it. Never counted as intact.',
    any: 'In `verdict … is any`: whatever the verdict, it is accounted for.',
  },
};

const SOURCES: WordGroup = {
  kind: 'sources of what the ambulance knows, after `via`',
  words: {
    live_region: "The region as it stands in the patient's memory.",
    boot_copy:
      "The hypervisor's copy from the moment of registration, because the live region was damaged. Of a core file: its own VMCOREINFO note.",
    note_scan: "A scan of the patient's memory for the region's note, because nothing had been registered.",
  },
};

const WORKLOADS: WordGroup = {
  kind: 'workloads',
  words: {
    web_server: 'Serves requests from a disk and over a network.',
    database: 'Writes ahead and checkpoints, mostly to a disk.',
    compile: 'Keeps CPUs busy and forks often.',
    analytics: 'Scans and joins: two threads that never rest, beside a database.',
    idle: 'Does next to nothing. The default.',
  },
};

const LOCKS: WordGroup = {
  kind: 'locks',
  words: {
    tasklist_lock:
      'An rwlock, `web.locks["tasklist_lock"]`: guards the task list. Taken for writing at fork and exit.',
    sb_lock: 'A spinlock, `web.locks["sb_lock"]`: guards the list of mounted file systems.',
    inode_hash_lock: 'A spinlock, `web.locks["inode_hash_lock"]`: guards the hash of inodes.',
  },
};

const VALUES: WordGroup = {
  kind: 'words in places and values',
  words: {
    others:
      'In a verdict: every structure of every patient that no other claim names, but for what the patient does not describe or have.',
    all: 'Reserved: no partition may be called so. Everything of one partition is `web.*`.',
    any: 'An index drawn by the seed, the same wherever it is written in the scenario: `web.orders[any]`.',
    elapsed: 'Virtual time that the run has taken so far: `check web.cpu_time / elapsed > 30%`.',
    successor: 'The next task of the ring: `web.tasks["nginx"].successor`.',
    objects:
      'All objects of a slab cache, in order of address: `web.slabs["kmalloc-64"].objects[4]`. `.free[0]` is the first of those that are free.',
    tick: "A CPU's timer interrupt, which can be lost: `lose web.cpus[0].tick`.",
    interrupt: "A device's interrupt, which can be lost: `lose web.disk0.interrupt`.",
    iommu_faults: 'How many DMAs of a device were stopped: `check web.disk0.iommu_faults == 1`.',
    refusals: 'What the hypervisor refused an ambulance: `check count(rescue.refusals) == 0`.',
    findings: 'What an ambulance found: `check count(rescue.findings) == 1`.',
    grants:
      'What an ambulance is granted: `hypervisor rescue.grants is revoked`, `check count(rescue.grants) == 0`.',
    reads: 'What an ambulance read: `rescue.reads`. No run of this version measures it.',
    patient: 'In `borrows cpus patient.cpus`: whoever the ambulance comes to. No partition may be called so.',
    true: 'Yes, in a condition.',
    false: 'No, in a condition.',
    else: 'Before the code and the message of a requirement: `require o.qty in 1..1000 else RANGE "a quantity of {o.qty}"`.',
    read: 'Of `leak … mode`: the lock is taken for reading.',
    write: 'Of `leak … mode`: the lock is taken for writing. The default.',
    inspection: 'Of `summon … for`: the ambulance looks, diagnoses and leaves. The default.',
    advice: 'Of `service … by`: the ambulance makes the repairs that its validators know.',
    orphan: 'Of `release … only_if`: a lock that nobody can be holding.',
    NEVER: 'Of `misregister … how`: the guest registers nothing at all.',
    app: "An application's own structure, where the region lists it: `describes app.orders`. A place needs no `app`: `web.orders[40]`.",
    bytes: 'Bytes of the registered region: `web.metadata.bytes[0x120]`.',
    locators: 'Entries of the region that say how to find a structure: `web.metadata.locators["tasks"]`.',
    entries: 'Entries of the registered region, by their position.',
    or: 'Either: between conditions, between states (`is silent or oopsed`), between codes and signs.',
    and: 'Both conditions.',
    not: 'The contrary of a condition; `is not` of a claim. `not a == b` is `not (a == b)`.',
    in: 'Whether a value lies in a range or a list: `x in 1..5`. After `for`, the rows of a table.',
    mod: 'Remainder of a division: `i mod 4`.',
    contains: 'Whether a text or a list has something in it.',
  },
};

const TARGET_WORDS: WordGroup = {
  kind: 'targets',
  words: {
    sim: 'The simulation: small guests, run step by step in virtual time, the same for the same seed.',
    qemu: 'Stock Linux kernels, each in a QEMU of its own: `siren guest prepare` makes the guest. What they cannot decide is inconclusive.',
    core: 'A dump: ELF core or kdump-compressed, named by `core`. It can only be looked at.',
  },
};

/** In the order in which `siren explain` lists them. */
export const LANGUAGE_WORDS: readonly WordGroup[] = [
  DECLARATIONS,
  OF_A_SCENARIO,
  OF_STRUCTURES,
  PARTS,
  RESOURCES,
  OF_A_MACHINE,
  OF_A_KERNEL,
  OF_METADATA,
  TRIGGERS,
  OBSERVERS,
  CLAUSES,
  VERDICT_WORDS,
  SOURCES,
  WORKLOADS,
  LOCKS,
  VALUES,
  TARGET_WORDS,
];
