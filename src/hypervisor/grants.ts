export type GrantedThing = 'memory' | 'cpus' | 'devices' | 'region';
type Access = 'read' | 'write';

/** What an ambulance may do to a patient, and until when. */
export interface Grant {
  readonly id: number;
  readonly ambulance: string;
  readonly partition: string;
  readonly thing: GrantedThing;
  /** `write` includes reading. */
  readonly access: Access;
  /** Virtual time; from then on it is worth nothing. */
  readonly until_ns: number;
  /** Guest-physical range of a memory grant; all of the memory when absent. */
  readonly range?: { readonly physical: number; readonly bytes: number };
}

/** What somebody is about to do. */
export interface Wish {
  readonly ambulance: string;
  readonly partition: string;
  readonly thing: GrantedThing;
  readonly access: Access;
  /** Of memory: the bytes. */
  readonly range?: { readonly physical: number; readonly bytes: number };
}

/** The grants in force. What none of them covers is not allowed. */
export class Grants {
  private grants: Grant[] = [];
  private next_id = 1;
  /** Changes whenever the grants do: what was concluded from them is to be looked at again. */
  version = 0;

  get all(): readonly Grant[] {
    return this.grants;
  }

  give(grant: Omit<Grant, 'id'>): Grant {
    const made = { ...grant, id: this.next_id++ };
    this.grants.push(made);
    this.version++;
    return made;
  }

  /** Takes back every grant of an ambulance on a partition; returns how many there were. */
  revoke(ambulance: string, partition: string): number {
    const before = this.grants.length;
    this.version++;
    this.grants = this.grants.filter((one) => one.ambulance !== ambulance || one.partition !== partition);
    return before - this.grants.length;
  }

  /** Every grant of an ambulance is good until then. */
  extend(ambulance: string, until_ns: number): void {
    this.grants = this.grants.map((one) => (one.ambulance === ambulance ? { ...one, until_ns } : one));
    this.version++;
  }

  /** Takes back leave to write, and nothing else. */
  withdraw(ambulance: string, partition: string): void {
    this.version++;
    this.grants = this.grants.filter(
      (one) => one.ambulance !== ambulance || one.partition !== partition || one.access !== 'write',
    );
  }

  /** The first grant that covers the wish at that time. */
  find(wish: Wish, now_ns: number): Grant | undefined {
    return this.grants.find(
      (grant) =>
        grant.ambulance === wish.ambulance &&
        grant.partition === wish.partition &&
        grant.thing === wish.thing &&
        (grant.access === 'write' || wish.access === 'read') &&
        now_ns < grant.until_ns &&
        covers(grant, wish),
    );
  }

  rebase(delta_ns: number): void {
    this.grants = this.grants.map((grant) => ({ ...grant, until_ns: grant.until_ns - delta_ns }));
    this.version++;
  }

  save(): SavedGrants {
    return { grants: this.grants.slice(), next_id: this.next_id };
  }

  restore(saved: SavedGrants): void {
    this.grants = saved.grants.slice();
    this.next_id = saved.next_id;
    this.version++;
  }
}

export interface SavedGrants {
  readonly grants: readonly Grant[];
  readonly next_id: number;
}

function covers(grant: Grant, wish: Wish): boolean {
  if (grant.range === undefined || wish.range === undefined) return grant.range === undefined;
  const { physical, bytes } = grant.range;
  return wish.range.physical >= physical && wish.range.physical + wish.range.bytes <= physical + bytes;
}
