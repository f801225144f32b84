import type { LanguageCode } from './doc.ts';

const CORE = 'core web file "cores/4711.vmcore"';

/** Scenarios on core files. */
export const CORE_CODES: readonly LanguageCode[] = [
  {
    code: 'E0341',
    title: 'a dump outside of the project',
    doc: 'The file of a `core` is written as seen from the spec, with `/`, and lies inside the project, also by its links: a spec reads nothing else.',
    frame: 'scenario',
    bad: 'core web file "../../4711.vmcore"',
    mended: CORE,
  },
  {
    code: 'E0342',
    title: 'a dump that is not there',
    doc: 'The file of a `core` is missing, or is none. Dumps are large and often kept elsewhere: fetch them before the run, or `skip` the scenario with the reason.',
    frame: 'scenario',
    bad: 'core web file "cores/4712.vmcore"',
    mended: CORE,
  },
  {
    code: 'E0343',
    title: 'a core without a file',
    doc: '`core` takes the name of the partition that lies in the dump, and the dump: `core web file "cores/4711.vmcore"`.',
    frame: 'scenario',
    bad: 'core web',
    mended: CORE,
  },
  {
    code: 'E0344',
    title: 'no SHA-256',
    doc: 'Hex digits as `sha256sum` prints them: all 64, or the first 8 or more.',
    frame: 'scenario',
    bad: `${CORE} sha256 "47114711x"`,
    mended: `${CORE} sha256 "9f2c6d0e4b1a"`,
  },
  {
    code: 'E0345',
    title: 'a machine beside a core file',
    doc: 'A core file is all the machine there is and nothing runs on it: no topology, no duration, no trigger.',
    frame: 'scenario',
    bad: `${CORE}\nat 10 ms: panic web`,
    mended: CORE,
  },
  {
    code: 'E0346',
    title: 'a core file on another target, or none on `core`',
    doc: 'A scenario with a `core` is for the target `core`, and for that target there has to be a `core`.',
    frame: 'scenario',
    bad: `targets sim, core\n${CORE}`,
    mended: `targets core\n${CORE}`,
  },
  {
    code: 'E0347',
    title: 'a budget without a core file',
    doc: '`budget 2 s memory 300 MiB` is of wall time and of memory, and there is that only where a core file is looked at. On the other targets time is virtual: write `within`.',
    frame: 'scenario',
    bad: 'budget 2 s',
    mended: `${CORE}\nbudget 2 s memory 300 MiB`,
  },
];
