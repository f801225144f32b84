// What the guest of scripts/alarms.mjs does: busybox loops that fork, mount, write files, pipe, sleep with timers.
const LOOPS = {
  web_server: [
    'while :; do echo GET /index | cat | grep -c GET >/dev/null; done',
    'while :; do for n in 1 2 3 4 5 6 7 8; do head -c 2000 /dev/urandom >/tmp/page$n; cat /tmp/page$n | wc -c >/dev/null; done; rm -f /tmp/page*; done',
    'while :; do usleep 20000; ls -lR /proc/self >/dev/null 2>&1; done',
    // Sessions of their own, and so groups of the scheduler.
    'while :; do setsid sh -c "for n in 1 2 3 4 5 6 7 8 9; do echo $n | cat >/dev/null; done"; done',
    'setsid sh -c "while :; do :; done"',
  ],
  database: [
    'while :; do dd if=/dev/zero of=/tmp/table bs=4k count=500 conv=notrunc 2>/dev/null; sync; done',
    'while :; do dd if=/tmp/table of=/tmp/log bs=16k 2>/dev/null; mv /tmp/log /tmp/log.old; usleep 5000; done',
    'while :; do sort /proc/kallsyms 2>/dev/null | head -c 100000 | md5sum >/dev/null; done',
  ],
  compile: [
    'n=0; while :; do n=$((n+1)); mkdir -p /tmp/build$n; for f in a b c d; do (sed s/a/b/g /init >/tmp/build$n/$f; gzip /tmp/build$n/$f); done; rm -r /tmp/build$n; done',
    'mkdir -p /mnt; while :; do mount -t tmpfs none /mnt; cp /init /mnt/x; umount /mnt; done',
    'while :; do (sleep 0.05 & sleep 0.01 & wait); ps >/dev/null; done',
    'while :; do taskset 1 true; taskset 2 true; taskset 1 usleep 1000; done',
  ],
  // Code is written while it runs: functions traced, probes set, events and their static keys switched.
  tracing: [
    'mkdir -p /t; mount -t tracefs t /t; while :; do echo function >/t/current_tracer; usleep 30000; echo nop >/t/current_tracer; usleep 30000; done',
    'sleep 1; while :; do echo "p:siren do_sys_openat2" >/t/kprobe_events; echo 1 >/t/events/kprobes/enable; usleep 50000; echo 0 >/t/events/kprobes/enable; echo >/t/kprobe_events; done',
    'sleep 1; while :; do echo 1 >/t/events/sched/enable; ls /proc >/dev/null; echo 0 >/t/events/sched/enable; usleep 20000; done',
    'while :; do ls -lR /proc/self >/dev/null 2>&1; done',
  ],
  idle: ['while :; do sleep 1; done'],
};

export const WORKLOADS = Object.keys(LOOPS);

/** An init that registers the region, starts the loops of a workload, and says that it is ready. */
export function init(workload, ready) {
  const loops = LOOPS[workload].map((loop) => `(${loop}) &`).join('\n');
  return `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /tmp /usr/bin
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t tmpfs tmp /tmp
/bin/busybox --install -s /usr/bin
export PATH=/usr/bin
insmod /qemu_fw_cfg.ko
${loops}
echo ${ready}
while :; do sleep 1; done
`;
}
