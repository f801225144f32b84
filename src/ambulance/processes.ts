import type { Address } from '../base/address.ts';
import type { Elements } from '../structure/elements.ts';
import { readField } from '../structure/locators.ts';
import type { Problem } from '../structure/link.ts';
import type { Session } from '../structure/session.ts';
import type { Space } from './space.ts';
import { openSpace } from './space.ts';
import { servingAs } from './roles.ts';
import type { Subject } from './subject.ts';

/** How textAt shows what is not printable. */
const UNPRINTABLE = '\ufffd';
/** Characters in which two names differ. */
const NEAR = 2;

/** The address space of the first process of that comm, through its own page tables; why there is none to be had. */
export function processSpace(subject: Subject, session: Session, comm: string): Space | Problem {
  const [listed, tabled] = [
    servingAs('processes', subject.library),
    servingAs('process_memory', subject.library),
  ];
  if (listed === '' || tabled === '') return none('the library does not say what serves as processes');
  const processes = session.elements(listed).all();
  const task = findProcess(session, processes, tabled, comm);
  if (task === undefined) {
    const { failure } = processes;
    // Whom nobody could look for is not said not to be there.
    return failure && processes.length === 0
      ? { code: failure.code, message: `no process can be found: ${failure.message}` }
      : none(`there is no process ${comm}`);
  }
  const tables = session.elementsOf(tabled, task).all();
  const { key } = tables.locator;
  const [mm] = tables.bases;
  const pgd = mm === undefined || !key ? NaN : readField(subject.space, mm, key);
  const root = subject.space.physical(pgd);
  if (root < 0 || root % 4096 !== 0) return none(`the page table of ${comm} is not mapped`);
  // The kernel's half is mapped there, too, and no process may go there.
  return openSpace(subject.memory, root, subject.space, 0);
}

function none(message: string): Problem {
  return { code: 'UNMAPPED', message };
}

/** By its name; where that is damaged, the one process whose name is nearly it, or is no name. */
function findProcess(
  session: Session,
  processes: Elements,
  tabled: string,
  comm: string,
): Address | undefined {
  const names = processes.bases.map((_, index) => processes.labelOf(index) ?? '');
  const named = names.indexOf(comm);
  if (named >= 0) return processes.bases[named];
  const own = names.flatMap((name, index) => {
    const base = processes.bases[index] as Address;
    return session.elementsOf(tabled, base).all().bases.length > 0 ? [{ name, base }] : [];
  });
  const near = own.filter(({ name }) => distance(name, comm) <= NEAR);
  const nameless = own.filter(({ name }) => name === '' || name.includes(UNPRINTABLE));
  return near.length === 1 ? near[0]?.base : nameless.length === 1 ? nameless[0]?.base : undefined;
}

function distance(left: string, right: string): number {
  let differing = Math.abs(left.length - right.length);
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    if (left[index] !== right[index]) differing++;
  }
  return differing;
}
