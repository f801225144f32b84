import { shippedLibrary } from '../../src/runner/library.ts';
import type { LibraryModel } from '../../src/model/structure.ts';

/** The library that ships, compiled from specs/lib. */
export const SHIPPED: LibraryModel = await shippedLibrary();
