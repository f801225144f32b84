// Node loads src/ by itself in tests, without types, where Vite would run it with an access to an object for each
// import: half the time.
import { register } from 'node:module';

const { typescript: stripped = false } = process.features as { typescript?: string | false };
const done = globalThis as { native_sources?: true };

// Once in a process, whichever of its files comes first.
if (stripped === false && done.native_sources === undefined) {
  done.native_sources = true;
  process.setSourceMapsEnabled(true);
  register('./strip-types.mjs', import.meta.url);
}
