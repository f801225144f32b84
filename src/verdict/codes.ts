/** What the judge says of a run, for `siren explain`: one document for each code. */
export interface JudgeCode {
  readonly code: string;
  readonly title: string;
  readonly doc: string;
}

export const JUDGE_CODES: readonly JudgeCode[] = [
  {
    code: 'E0901',
    title: 'a guest claim is not met',
    doc: 'What truly happened to the guest, by the trace of the run, is not what the claim says. What did not happen `within` a time that outlasts the run is not known: neither the claim nor its negative is met. The labels show the claim and the faults that had fired.',
  },
  {
    code: 'E0902',
    title: 'a hypervisor claim is not met',
    doc: 'The hypervisor noticed something else, noticed it at another time, or noticed nothing.',
  },
  {
    code: 'E0903',
    title: 'a verdict claim is not met',
    doc: 'The ambulance came to another verdict, gave other codes, located the damage elsewhere, or came by the region in another way. Without an ambulance there is no verdict, and neither the claim nor its negative is met: summon one. The same goes for an ambulance that the end of the run cut short, and for `others` where there are none.',
  },
  {
    code: 'E0904',
    title: 'a diagnosis claim is not met',
    doc: 'The cause is not in the diagnosis, has another rank (1 unless the claim says otherwise), or is at another place. `is not CAUSE` holds only if the cause has no rank at all, unless the claim names ranks.',
  },
  {
    code: 'E0905',
    title: 'a service claim is not met',
    doc: 'No service of that partition ended so: the message says how those that there were ended. Where nobody serviced it, or the run ended first, neither the claim nor its negative is met.',
  },
  {
    code: 'E0906',
    title: 'a bystander claim is not met',
    doc: 'The run and its twin differ in that partition: its memory, a register, or an output or its time. The message says what differs first. Where no ambulance came there is nothing to be undisturbed by, and where no fault fired nothing to be contained: then neither the claim nor its negative is met.',
  },
  {
    code: 'E0907',
    title: 'a check does not hold',
    doc: 'The condition is false at the end of the run; the message gives the value of both sides.',
  },
  {
    code: 'E0908',
    title: 'a claim cannot be judged',
    doc: 'A place in the claim, or a value of its check or of its `if`, could not be found in the machine at the time of judging.',
  },
  {
    code: 'E0910',
    title: 'a finding that no claim covers',
    doc: "The ambulance found something that the scenario does not expect: damage that was overlooked, a fault's consequence that was not thought of, or a false alarm. A verdict claim that is not `intact` covers its structure's findings with its codes at its places and what follows from them; a diagnosis claim that is met covers what the ambulance says it explains. `verdict others is any` allows everything.",
  },
  {
    code: 'E0922',
    title: 'a root cause that no claim covers',
    doc: 'The ambulance names a cause that no finding stands for, a stopped CPU, a lost interrupt, a damaged page table, an oops, and no claim of the scenario speaks of it. A diagnosis claim covers the cause that it names (at any rank, at its places); a guest or hypervisor claim that expects the guest to fail (`is oopsed`, `is failing`, `is not healthy`) covers one cause that this is put down to; a panic that the scenario itself orders (`panic web`) needs no claim. A rescuer that calls a healthy guest ill is so noticed.',
  },
  {
    code: 'E0911',
    title: 'a fault that never fired',
    doc: 'The event that its trigger waits for never came, or the run ended first. A scenario whose fault did not happen has shown nothing.',
  },
  {
    code: 'E0912',
    title: 'a fault that could not be injected',
    doc: 'Its moment came, but its place was not there (no such task, a name that is not unique, unmapped memory), or the machine did not let it be hit.',
  },
  {
    code: 'E0913',
    title: 'an xfail that has run out',
    doc: 'The scenario fails and its `xfail` was good until a day that has passed: mend it, or give a new reason and a new day.',
  },
  {
    code: 'E0914',
    title: 'an xfail that passes',
    doc: 'The scenario is marked `xfail` and passes: take the mark away.',
  },
  {
    code: 'E0915',
    title: 'a summon that was not served',
    doc: 'The run ended before the ambulance attached, or before it had concluded: attaching and looking take virtual time, and a rescue that the end of the run cuts short leaves no report. Summon it earlier, or let the run be longer.',
  },
  {
    code: 'E0916',
    title: 'a service that was not brought to its end',
    doc: 'The run ended before the service was over, the ambulance never came, or it died and the run ended before the hypervisor had noticed. Order it earlier, or let the run be longer.',
  },
  {
    code: 'E0917',
    title: 'an event that occurs too often for `on each`',
    doc: 'There is one run for each occurrence, and at most 256 of them. Wait for something rarer, write `on each … nth 10` for every tenth, or `on … nth N` for the one that matters.',
  },
  {
    code: 'E0918',
    title: 'a core file that cannot be looked at',
    doc: 'The file is not there, is cut short in its headers, is of another architecture or packed in a way that is not supported: the message says which, and what to do.',
  },
  {
    code: 'E0919',
    title: 'another core file than the one that is meant',
    doc: 'Its SHA-256, or the release of the kernel in it, is not what the scenario says. The message gives what it is.',
  },
  {
    code: 'E0921',
    title: 'a fault that changed nothing',
    doc: 'Whenever it fired, the place held already what it writes: nothing was damaged, so that the scenario has shown nothing. Write another value; in a table, let `if` leave the row out.',
  },
  {
    code: 'E0920',
    title: 'over its budget',
    doc: 'Looking at the core files took longer than the `budget` of the scenario allows. Wall time depends on the machine and on what else it does.',
  },
];

/** The code of a claim that is not met, by its observer. */
export const UNMET_CODES = {
  guest: 'E0901',
  hypervisor: 'E0902',
  verdict: 'E0903',
  diagnosis: 'E0904',
  service: 'E0905',
  bystander: 'E0906',
  check: 'E0907',
} as const;
