/**
 * The workload's tasks, by the names that the simulation gives them (model/collections.ts). A script's name is its
 * task's comm. Descriptor 3 is a pipe in which nothing ever comes: reading from it with a timeout is a nap on a timer,
 * without a process being made.
 */
const nap = (seconds: string): string => `  read -r -t ${seconds} -u 3 nothing\n`;

const loop = (...lines: readonly string[]): string =>
  `#!/bin/busybox sh\nturn=0\nwhile :; do\n  turn=$(( (turn + 1) % 24 ))\n${lines.join('')}done\n`;

/** Counts, in the shell: about 5 us a turn on a fast machine, fifty times that when emulated. */
const compute = (turns: number): string =>
  `  count=0; while [ $count -lt ${turns} ]; do count=$((count + 1)); done\n`;

/** Something done once in so many turns. */
const seldom = (times: number, command: string): string =>
  `  if [ $(( turn % ${times} )) -eq 0 ]; then ${command}; fi\n`;

export const TASK_SCRIPTS: Readonly<Record<string, string>> = {
  // Pages are written, read and told of in a log that is cut now and then.
  nginx: loop(
    nap('0.02'),
    '  echo "page $turn" > /srv/page$turn\n  read -r page < /srv/page$turn\n  echo "$page" >> /srv/access.log\n',
    seldom(12, 'cat /srv/page$turn | wc -c > /srv/size; : > /srv/access.log'),
  ),
  // Computes, and now and then has a child do it.
  'php-fpm': loop(nap('0.025'), compute(20), seldom(8, `(${compute(10).trim()})`)),
  // A session mounts something, looks at it and leaves.
  sshd: loop(
    nap('0.05'),
    seldom(
      4,
      'mkdir -p /run/session; mount -t tmpfs session /run/session; echo "$turn" > /run/session/motd; umount /run/session',
    ),
    seldom(16, 'kill -0 1'),
  ),
  postgres: loop(
    nap('0.02'),
    '  echo "row $turn" >> /srv/table\n  read -r row < /srv/table\n',
    compute(10),
    seldom(12, 'dd if=/srv/table of=/srv/index bs=512 count=4 2> /dev/null; : > /srv/table'),
  ),
  walwriter: loop(
    nap('0.03'),
    '  echo "$turn $turn $turn" >> /srv/wal\n',
    seldom(8, 'mv /srv/wal /srv/wal.old'),
  ),
  checkpointer: loop(nap('0.06'), seldom(4, 'sync; rm -f /srv/wal.old'), seldom(12, 'kill -0 1')),
  // A build: processes that come and go, a tree of folders.
  make: loop(
    nap('0.04'),
    seldom(4, 'mkdir -p /tmp/build/$turn; echo "$turn" > /tmp/build/$turn/object; true | cat'),
    seldom(12, 'rm -r /tmp/build'),
  ),
  cc1: loop(compute(30), '  echo "int x$turn;" > /tmp/unit$turn.s\n', nap('0.01')),
  ld: loop(
    nap('0.05'),
    seldom(6, 'cat /tmp/unit*.s > /tmp/a.out 2> /dev/null'),
    '  if [ -r /tmp/a.out ]; then read -r first < /tmp/a.out; fi\n',
  ),
  scanner: loop(compute(100), nap('0.002')),
  // Orders come, are filled, and leave; nobody else is needed for that.
  shop: loop(
    nap('0.02'),
    '  orders="$turn $((turn * 7 % 24))"; for order in $orders; do total=$((turn + order)); done\n',
  ),
  courier: loop(nap('0.02'), '  letter=$turn\n'),
  // A beat is a line; `fork` has a child write it, so that it takes all that fork takes.
  heartbeat: `#!/bin/busybox sh
period=$1
number=0
while :; do
  number=$((number + 1))
  if [ $2 = fork ]; then ( echo "BEAT $number" >&4 ); else echo "BEAT $number" >&4; fi
  read -r -t $period -u 3 nothing
done
`,
};
