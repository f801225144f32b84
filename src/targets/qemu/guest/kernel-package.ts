import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { QemuProblem } from '../problem.ts';
import { needPrograms, runProgramFile } from '../programs.ts';
import { readBounded } from '../bounded-file.ts';
import { IMAGE_BYTES } from './guest.ts';
import { bytesOfImage, releaseOfImage } from './kernel-image.ts';
import { ENDS } from './module-file.ts';

/** Debian's package that depends on the newest kernel made for virtual machines. */
const CLOUD_KERNEL = 'linux-image-cloud-amd64';
/** A package's name as Debian's policy has it; nothing else is ever given to apt. */
const PACKAGE_NAME = /^[a-z0-9][a-z0-9.+-]+$/;
const LOOK_UP_MS = 60_000;
const DOWNLOAD_MS = 300_000;
const UNPACK_MS = 120_000;
/** A file that is there once a package has been unpacked. */
const COMPLETE = 'complete';

/**
 * Modules that the guest loads, in this order, by their files' paths under kernel/: the first registers VMCOREINFO, the
 * others tell QEMU of a panic. What is not there is taken to be built in.
 */
const MODULES = [
  'drivers/firmware/qemu_fw_cfg',
  'drivers/misc/pvpanic/pvpanic',
  'drivers/misc/pvpanic/pvpanic-pci',
] as const;

/** A kernel and the modules that the guest needs of it. */
export interface KernelFiles {
  readonly release: string;
  /** A bzImage. */
  readonly image: Uint8Array;
  /** Files, packed or not: `module-file.ts` reads them. */
  readonly modules: readonly string[];
}

/**
 * Downloads one Debian package and unpacks it under `folder`, where it is then found again; nothing is installed.
 * Without a name: the one package that linux-image-cloud-amd64 depends on.
 */
export function kernelFromPackage(
  folder: string,
  search_path: string,
  name: string | undefined,
  say: (line: string) => void,
): KernelFiles {
  const programs = needPrograms(['apt-cache', 'apt-get', 'dpkg'], search_path);
  const package_name = name ?? newestCloudKernel(programs['apt-cache']);
  if (!PACKAGE_NAME.test(package_name))
    throw new QemuProblem(
      'NO_KERNEL',
      `'${package_name}' is no name of a package`,
      'give one as apt prints it, without a version',
    );
  const home = join(folder, package_name);
  mkdirSync(home, { recursive: true });
  const unpacked = join(home, 'unpacked');
  if (existsSync(join(home, COMPLETE))) return findKernel(unpacked, package_name);
  say(`downloading ${package_name}`);
  const got = runProgramFile(programs['apt-get'], ['download', package_name, '-o', 'Acquire::Retries=3'], {
    cwd: home,
    limit_ms: DOWNLOAD_MS,
  });
  const file = readdirSync(home).find((one) => one.startsWith(`${package_name}_`) && one.endsWith('.deb'));
  if (!got.ok || file === undefined)
    throw new QemuProblem(
      'NO_KERNEL',
      `the package ${package_name} cannot be downloaded: ${got.ok ? 'apt-get left no file' : got.why}`,
      'apt-get update, or give a kernel with --kernel FILE',
    );
  say(`unpacking ${file}`);
  const out = runProgramFile(programs.dpkg, ['-x', join(home, file), unpacked], {
    cwd: home,
    limit_ms: UNPACK_MS,
  });
  if (!out.ok)
    throw new QemuProblem(
      'NO_KERNEL',
      `${file} cannot be unpacked: ${out.why}`,
      `remove ${home} and try again`,
    );
  rmSync(join(home, file));
  writeFileSync(join(home, COMPLETE), '');
  return findKernel(unpacked, package_name);
}

function newestCloudKernel(apt_cache: string): string {
  const answer = runProgramFile(apt_cache, ['depends', CLOUD_KERNEL], { cwd: '/', limit_ms: LOOK_UP_MS });
  const name = answer.ok ? /^ *Depends: (linux-image-[a-z0-9.+-]+)$/m.exec(answer.text)?.[1] : undefined;
  if (name === undefined)
    throw new QemuProblem(
      'NO_KERNEL',
      answer.ok ? `${CLOUD_KERNEL} depends on no kernel` : `apt knows no ${CLOUD_KERNEL}: ${answer.why}`,
      'apt-get update, or name a package with --package, or a file with --kernel',
    );
  return name;
}

/** The one kernel in a package's tree. */
function findKernel(root: string, package_name: string): KernelFiles {
  const boot = join(root, 'boot');
  const images = existsSync(boot) ? readdirSync(boot).filter((name) => name.startsWith('vmlinuz')) : [];
  const [image] = images;
  if (image === undefined || images.length > 1)
    throw new QemuProblem(
      'NO_KERNEL',
      `${package_name} holds ${images.length === 0 ? 'no kernel' : 'several kernels'}`,
      'name a package like the one that linux-image-cloud-amd64 depends on',
    );
  return kernelFromFile(join(boot, image));
}

/**
 * A kernel image by its path. Its modules are looked for where Debian has them: lib/modules/RELEASE beside the folder
 * of the image, else under /lib/modules.
 */
export function kernelFromFile(image: string): KernelFiles {
  const bytes = readBounded(image, IMAGE_BYTES);
  if (typeof bytes === 'string')
    throw new QemuProblem('NO_KERNEL', `${image}: ${bytes}`, 'give the path of a vmlinuz');
  const release = releaseOfImage(bytes);
  if (release === undefined)
    throw new QemuProblem(
      'NO_KERNEL',
      `${image} is no bzImage of x86`,
      'give the path of a vmlinuz, not of a vmlinux',
    );
  if (bytes.length < bytesOfImage(bytes))
    throw new QemuProblem(
      'NO_KERNEL',
      `${image} is cut short: it has ${bytes.length} bytes, its head says at least ${bytesOfImage(bytes)}`,
      'copy it again',
    );
  const homes = [join(dirname(image), '..'), '/'].map((root) => join(root, 'lib/modules', release, 'kernel'));
  const home = homes.find((one) => existsSync(one) && statSync(one).isDirectory());
  const modules =
    home === undefined
      ? []
      : MODULES.flatMap((name) =>
          ENDS.map((end) => join(home, `${name}.ko${end}`))
            .filter(existsSync)
            .slice(0, 1),
        );
  return { release, image: bytes, modules };
}
