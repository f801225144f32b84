/** Buffers for pages, cut from slabs of a mebibyte: a buffer of its own for every page costs more than reading it. */
const PAGE_BYTES = 4096;
const SLAB_SHIFT = 8;
const SLAB_PAGES: number = 1 << SLAB_SHIFT;
/** Slabs that are kept when nobody uses any: thousands of patients are read in one process. */
const SLABS_KEPT = 64;

/**
 * A page buffer's number: the slab it is in, and which of it. What a buffer held is overwritten before it is used
 * again.
 */
export type PageBuffer = number;

/** No page. */
export const NO_PAGE: PageBuffer = -1;

/** Of each slab. */
const VIEWS: DataView[] = [];
const BYTES: Uint8Array[] = [];
const FREE: PageBuffer[] = [];
let used = 0;

export function takePage(): PageBuffer {
  if (FREE.length === 0) {
    const buffer = new ArrayBuffer(SLAB_PAGES * PAGE_BYTES);
    const first = VIEWS.length << SLAB_SHIFT;
    VIEWS.push(new DataView(buffer));
    BYTES.push(new Uint8Array(buffer));
    for (let page = SLAB_PAGES - 1; page >= 0; page--) FREE.push(first + page);
  }
  used++;
  return FREE.pop() as PageBuffer;
}

export function givePages(pages: Iterable<PageBuffer>): void {
  for (const page of pages) {
    if (page === NO_PAGE) continue;
    FREE.push(page);
    used--;
  }
  if (used > 0 || VIEWS.length <= SLABS_KEPT) return;
  VIEWS.length = BYTES.length = SLABS_KEPT;
  FREE.length = 0;
  for (let page = SLABS_KEPT * SLAB_PAGES - 1; page >= 0; page--) FREE.push(page);
}

/** The slab of a page, and where in it the page begins. */
export function viewOf(page: PageBuffer): DataView {
  return VIEWS[page >> SLAB_SHIFT] as DataView;
}

export function startOf(page: PageBuffer): number {
  return (page & (SLAB_PAGES - 1)) << 12;
}

/** Bytes of a page from `within` on. */
export function bytesOf(page: PageBuffer, within: number, length: number): Uint8Array {
  const start = startOf(page) + within;
  return (BYTES[page >> SLAB_SHIFT] as Uint8Array).subarray(start, start + length);
}
