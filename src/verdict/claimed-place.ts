import type { PlaceError } from '../place/outcome.ts';

/** What a finding or a diagnosis says of where it is. */
export interface Located {
  readonly place: string;
  /** 16 hex digits, or ''. */
  readonly address: string;
  readonly physical: number;
}

/** A place of a claim, as it is compared with what an ambulance located. */
export interface ClaimedPlace {
  readonly text: string;
  /** True when the located thing lies inside the place. */
  covers(patient: string, located: Located): boolean;
  /** When it could not be found; comparisons then go by its text alone. */
  readonly error?: PlaceError;
}

/** `web.cpus[1].rip` is inside `web.cpus[1]`. */
export function isInside(located: string, place: string): boolean {
  if (!located.startsWith(place)) return false;
  const next = located.charAt(place.length);
  return next === '' || next === '.' || next === '[';
}
