import type { ReadMemory } from '../formats/result.ts';
import type { Patient } from '../patient/patient.ts';
import type { Meter } from './limits.ts';
import type { PageBuffer } from './pages.ts';
import { bytesOf, givePages, NO_PAGE, startOf, takePage, viewOf } from './pages.ts';

const PAGE_BYTES = 4096;
/** Pages that are kept track of together: a table for them all is found sooner than an entry for each. */
const STRETCH = 512;

/**
 * The patient's physical memory, each page read once until `forget`. A page that is not granted or not there is
 * remembered as such.
 */
export class PhysicalCache {
  readonly #patient: Patient;
  readonly #meter: Meter;
  /** Of each stretch of so many pages that has one: which buffer each is in. */
  readonly #stretches = new Map<number, Int32Array>();
  readonly #taken: PageBuffer[] = [];
  readonly #lacking = new Set<number>();
  /** Grows by one at every `forget`: translations made before are void. */
  generation = 0;
  /** Since `lookAnew`, memory was wanted that the machine has and the patient has not. */
  lacked = false;

  constructor(patient: Patient, meter: Meter) {
    this.#patient = patient;
    this.#meter = meter;
  }

  /** The page with that number (physical / 4096), or NO_PAGE. */
  page(number: number): PageBuffer {
    const stretch = Math.floor(number / STRETCH);
    const known = this.#stretches.get(stretch);
    const page = known === undefined ? NO_PAGE : (known[number - stretch * STRETCH] as PageBuffer);
    return page === NO_PAGE ? this.#fetch(number, stretch, known) : page;
  }

  #fetch(number: number, stretch: number, known: Int32Array | undefined): PageBuffer {
    if (this.#lacking.has(number)) return this.#miss(number);
    if (this.#meter.bytes >= this.#meter.limits.bytes) {
      this.#lacking.add(number);
      return NO_PAGE;
    }
    const page = takePage();
    this.#meter.bytes += PAGE_BYTES;
    if (!this.#patient.read(number * PAGE_BYTES, bytesOf(page, 0, PAGE_BYTES))) {
      givePages([page]);
      this.#lacking.add(number);
      return this.#miss(number);
    }
    const pages = known ?? new Int32Array(STRETCH).fill(NO_PAGE);
    if (known === undefined) this.#stretches.set(stretch, pages);
    pages[number - stretch * STRETCH] = page;
    this.#taken.push(page);
    return page;
  }

  #miss(number: number): PageBuffer {
    if (!this.lacked && this.#patient.absent?.(number * PAGE_BYTES) === true) this.lacked = true;
    return NO_PAGE;
  }

  /** Pages stay, translations are void: what lacks memory from here on is told apart from what did before. */
  lookAnew(): void {
    this.generation++;
    this.lacked = false;
  }

  /** Reads across pages; false and `into` half filled when a page is not to be had. */
  readonly read: ReadMemory = (physical, into) => {
    if (!(physical >= 0)) return false;
    for (let done = 0; done < into.length;) {
      const at = physical + done;
      const within = at % PAGE_BYTES;
      const page = this.page((at - within) / PAGE_BYTES);
      if (page === NO_PAGE) return false;
      const bytes = Math.min(into.length - done, PAGE_BYTES - within);
      if (bytes === 8) copyEight(page, within, into, done);
      else into.set(bytesOf(page, within, bytes), done);
      done += bytes;
    }
    return true;
  };

  /** Reads past the cache: for what is read once and is long, such as symbol tables. */
  readonly readOnce: ReadMemory = (physical, into) => {
    if (into.length < PAGE_BYTES) return this.read(physical, into);
    if (this.#meter.bytes + into.length > this.#meter.limits.bytes) return false;
    this.#meter.bytes += into.length;
    return this.#patient.read(physical, into);
  };

  /** As the memory was when the guest had booted; undefined where nobody kept that. */
  get booted(): ReadMemory | undefined {
    return this.#patient.booted;
  }

  /** The guest has run: nothing that was read still holds. Also gives the buffers back at the end. */
  forget(): void {
    givePages(this.#taken);
    this.#taken.length = 0;
    this.#stretches.clear();
    this.#lacking.clear();
    this.generation++;
  }

  walked(): void {
    this.#meter.walks++;
  }

  /** Bytes that a scan took from the patient past the cache. */
  scanned(bytes: number): void {
    this.#meter.bytes += bytes;
  }
}

function copyEight(page: PageBuffer, within: number, into: Uint8Array, to: number): void {
  const view = viewOf(page);
  const start = startOf(page) + within;
  for (let index = 0; index < 8; index++) into[to + index] = view.getUint8(start + index);
}
