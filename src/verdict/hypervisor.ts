import type { Path } from '../model/expression.ts';
import { printPath } from '../model/print.ts';
import type { Claim } from '../model/scenario.ts';
import type { TraceEvent } from '../target/events.ts';
import type { Case } from './facts.ts';
import { UNOBSERVED } from './of-core.ts';
import type { Occurrence, Sight } from './sight.ts';
import { blind, happened, windowOf } from './sight.ts';

/** What the hypervisor noticed of one subject: `web`, `web.metadata`, `web.disk0`, `web.cpus`. */
export function seeHypervisor(claim: Claim, subject: Path, run: Case): Sight {
  if (claim.states.includes(UNOBSERVED)) return unobserved(run);
  const window = windowOf(claim, run);
  if (typeof window === 'string') return blind(window);
  const noticed = run.record.events.filter(
    (event) => event.time_ns <= window.to_ns && isNotice(event, subject),
  );
  const occurrences: Occurrence[] = [];
  for (const state of claim.states) {
    if (state === 'healthy') {
      const bark = noticed.find((event) => event.kind === 'failing' || event.kind === 'failed');
      const name = printPath(subject);
      if (!bark && window.cut !== undefined) return blind(window.cut);
      if (!bark) return { met: true, seen: `no watchdog barked for ${name}` };
      if (claim.states.length === 1) return { met: false, seen: happened([told(bark)], window).seen };
    } else {
      for (const event of run.record.events)
        if (shows(event, state, subject, claim)) occurrences.push(told(event));
    }
  }
  const sight = happened(occurrences, window);
  const instead = noticed.map((event) => told(event).text);
  if (sight.met || occurrences.length > 0) return sight;
  return {
    ...sight,
    seen: `${sight.seen}; it noticed ${instead.length > 0 ? [...new Set(instead)].join(', ') : 'nothing'}`,
  };
}

/** Where there is a hypervisor at all, it observes everybody. */
function unobserved({ target }: Case): Sight {
  return target === 'core'
    ? { met: true, seen: 'no hypervisor is in a core file' }
    : { met: false, seen: 'the hypervisor watched it from its start' };
}

/** Event kinds by the state that they show; the rest are named alike. */
const KINDS: Readonly<Record<string, string>> = { parked: 'park', attached: 'attach' };

function shows(event: TraceEvent, state: string, subject: Path, claim: Claim): boolean {
  if (event.kind !== (KINDS[state] ?? state)) return false;
  const { detail } = event;
  if (state === 'attached') return detail['patient'] === subject.root;
  if (event.subject !== subject.root) return false;
  const [first] = subject.steps;
  if (state === 'frozen') return first?.kind !== 'field' || detail['device'] === first.name;
  if (claim.signs.length > 0 && !claim.signs.includes(String(detail['sign']))) return false;
  return claim.codes.length === 0 || claim.codes.includes(String(detail['code']));
}

function isNotice(event: TraceEvent, subject: Path): boolean {
  if (event.kind === 'attach') return event.detail['patient'] === subject.root;
  return (
    event.subject === subject.root &&
    ['registered', 'refused', 'failing', 'failed', 'park', 'frozen', 'revoked'].includes(event.kind)
  );
}

function told(event: TraceEvent): Occurrence {
  const { time_ns, kind, detail } = event;
  const { sign, code, device } = detail as { sign?: string; code?: string; device?: string };
  const by = sign === undefined ? '' : ` by ${sign}`;
  const with_code = code === undefined ? '' : ` with ${code}`;
  return { time_ns, text: `${device === undefined ? '' : `${device} `}${kind}${by}${with_code}` };
}
