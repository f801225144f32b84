import { TASK_SCRIPTS } from './tasks.ts';

/** What the guest prints on its console when the workload has been started. */
const READY_LINE = 'SIREN-READY';
/** Begins each line on the second serial port that is a heartbeat; a running number follows. */
export const BEAT_WORD = 'BEAT';
/**
 * Begins the line in which the guest says, in hex, what the hypervisor has taken as its registration: fw_cfg gives it
 * back.
 */
export const REGION_WORD = 'REGION';
/** Where the guest beats and listens. */
const LINE = '/dev/ttyS1';

/**
 * The words on the kernel's command line that `INIT` reads. `names`: the tasks to start, by the scripts' names; the
 * beat's period in ms; `fork`: a process forked for each beat, `thread`: none.
 */
export interface GuestOrders {
  readonly names: readonly string[];
  readonly heartbeat_ms: number;
  readonly beat: 'fork' | 'thread';
}

/** @returns words for the kernel's command line. */
export function orderWords({ names, heartbeat_ms, beat }: GuestOrders): readonly string[] {
  return [`siren.names=${names.join(',')}`, `siren.heartbeat_ms=${heartbeat_ms}`, `siren.beat=${beat}`];
}

/**
 * The guest's pid 1: registers the region (qemu_fw_cfg does that when it is loaded) before the workload is started, and
 * then buries whoever has lost his parent. It starts nothing but the services: were it to find damage while it buries a
 * task, Linux would panic for want of an init.
 */
const INIT = `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /tmp /run /srv
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev
/bin/busybox mount -t tmpfs tmp /tmp
/bin/busybox mount -t tmpfs run /run
/bin/busybox mount -t tmpfs srv /srv
for module in $(/bin/busybox cat /modules/order); do /bin/busybox insmod /modules/$module; done
export PATH=/bin
mkfifo /run/init.quiet
/tasks/services &
exec 3<>/run/init.quiet
while :; do
  wait
  read -r -t 1 -u 3 nothing
done
`;

/**
 * Starts the workload, the heartbeat and what listens on the second serial port for `exit NAME [PID]` (SIGKILL to that
 * task) and `panic` (the magic key). Then it buries its children, each at once.
 */
const SERVICES = `#!/bin/busybox sh
names= ; period=100; beat=fork
for word in $(cat /proc/cmdline); do
  case $word in
    siren.names=*) names=\${word#*=} ;;
    siren.heartbeat_ms=*) period=\${word#*=} ;;
    siren.beat=*) beat=\${word#*=} ;;
  esac
done
stty -F ${LINE} raw -echo
exec 4<>${LINE}
record=/sys/firmware/qemu_fw_cfg/by_name/etc/vmcoreinfo/raw
if [ -r $record ]; then echo ${REGION_WORD} $(od -An -v -tx1 $record | tr -d ' \\n') >&4; fi
for name in $(echo $names | tr , ' '); do
  mkfifo /run/$name.quiet
  if [ -x /tasks/$name ]; then /tasks/$name 3<>/run/$name.quiet 4>&- & fi
done
mkfifo /run/heartbeat.quiet /run/services.quiet
exec 3<>/run/services.quiet
echo ${READY_LINE}
/tasks/heartbeat $((period / 1000)).$(printf %03d $((period % 1000))) $beat 3<>/run/heartbeat.quiet &
/tasks/ears 3>&- &
while :; do
  wait
  read -r -t 1 -u 3 nothing
done
`;

/** Does what it is told. A line is never half read: there is no timeout in which the rest of it could be lost. */
const EARS = `#!/bin/busybox sh
while read -r verb name pid <&4; do
  case $verb in
    exit) if [ -n "$pid" ]; then kill -KILL $pid; else killall -KILL $name; fi ;;
    panic) echo c > /proc/sysrq-trigger ;;
  esac
done
`;

/** Files of the initramfs that are written here, by path; all of them are programs. */
export function guestScripts(): ReadonlyMap<string, string> {
  const scripts = new Map([
    ['init', INIT],
    ['tasks/services', SERVICES],
    ['tasks/ears', EARS],
  ]);
  for (const [name, text] of Object.entries(TASK_SCRIPTS)) scripts.set(`tasks/${name}`, text);
  return scripts;
}
