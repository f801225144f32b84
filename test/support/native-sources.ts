// Node loads src/ by itself in tests, types stripped, where Vite would run it: half the time and no copy of every import.
import { register } from 'node:module';

const DONE = Symbol.for('siren: sources are loaded natively');
const state = globalThis as { [DONE]?: true };
if (process.features.typescript === undefined || process.features.typescript === false) {
  if (state[DONE] === undefined) {
    state[DONE] = true;
    process.setSourceMapsEnabled(true);
    register('./strip-types.mjs', import.meta.url);
  }
}
