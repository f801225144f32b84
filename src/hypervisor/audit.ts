/** Who asked for what, and was it allowed. */
export interface AuditEntry {
  readonly time_ns: number;
  readonly who: string;
  readonly what: string;
  readonly allowed: boolean;
  readonly detail: string;
}

const ENTRIES_KEPT = 2_000;

/** The hypervisor's log of grants, refusals and acts. Keeps the first ENTRIES_KEPT and counts all. */
export class AuditLog {
  private kept: AuditEntry[] = [];
  /** Entries beyond those kept. */
  dropped = 0;
  refusals = 0;

  get entries(): readonly AuditEntry[] {
    return this.kept;
  }

  add(entry: AuditEntry): void {
    if (!entry.allowed) this.refusals++;
    if (this.kept.length < ENTRIES_KEPT) this.kept.push(entry);
    else this.dropped++;
  }

  rebase(delta_ns: number): void {
    this.kept = this.kept.map((entry) => ({ ...entry, time_ns: entry.time_ns - delta_ns }));
  }

  /** Plain data, for forks and saves. */
  save(): SavedAudit {
    return { kept: this.kept.slice(), dropped: this.dropped, refusals: this.refusals };
  }

  restore(saved: SavedAudit): void {
    this.kept = saved.kept.slice();
    this.dropped = saved.dropped;
    this.refusals = saved.refusals;
  }
}

export interface SavedAudit {
  readonly kept: readonly AuditEntry[];
  readonly dropped: number;
  readonly refusals: number;
}
