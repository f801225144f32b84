import { expect, it } from 'vitest';
import { OTHER_WORDS, meantBy } from '../../src/model/synonyms.ts';
import { VERBS } from '../../src/model/verbs.ts';
import { didYouMean, nearest } from '../../src/language/suggest.ts';

it.each([
  ['taks', 'tasks'],
  ['run_queue', 'run_queues'],
  ['TASKS', 'tasks'],
  ['lokcs', 'locks'],
])('%s is taken for %s', (written, meant) => {
  expect(nearest(written, ['tasks', 'run_queues', 'locks', 'timers'])).toBe(meant);
});

it('two letters that changed places are one slip', () => {
  expect(nearest('dB', ['bd'])).toBe('bd');
  expect(nearest('abc', ['acb', 'xyz'])).toBe('acb');
});

it('what is like nothing gets no suggestion, but a list of what there is', () => {
  expect(nearest('elephant', ['tasks', 'locks'])).toBeUndefined();
  expect(didYouMean('elephant', ['tasks', 'locks'])).toBe('there are `tasks`, `locks`');
  expect(nearest('a'.repeat(65), ['a'.repeat(64)])).toBeUndefined();
});

it('what ships may be meant, and is only counted', () => {
  const ships = ['dentries', 'inodes', 'tasks'];
  expect(didYouMean('dentrise', ['tasks', 'locks'], 'there are', ships)).toBe('did you mean `dentries`?');
  const said = didYouMean('elephant', ['tasks', 'locks'], 'there are', ships);
  expect(said).toMatch(/^there are `tasks`, `locks`, and 2 structures that ship/);
});

it('another word for a verb leads to the verb, whatever is spelled more like it', () => {
  const verbs = [...VERBS.keys()];
  const others = OTHER_WORDS.filter((word) => meantBy(word).some((meant) => VERBS.has(meant)));
  expect(others.length).toBeGreaterThan(20);
  for (const word of others) {
    const [likeliest] = meantBy(word);
    expect(didYouMean(word, verbs), word).toContain(`did you mean \`${likeliest}\``);
  }
  expect(didYouMean('corrupt', verbs)).toBe('did you mean `set`, `flip` or `fill`?');
  expect(didYouMean('corrupt', ['flip', 'zeros'])).toBe('did you mean `flip`?');
  expect(didYouMean('caches', ['symbols', 'cpus'], 'there are', ['slabs'])).toBe('did you mean `slabs`?');
});
