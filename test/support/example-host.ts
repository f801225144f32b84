import type { SourceHost } from '../../src/language/host.ts';
import { inFrame } from '../../src/language/codes/doc.ts';
import { memoryHost } from './memory-host.ts';
import type { MemoryFiles } from './memory-host.ts';

/** What the examples of the codes import: files that are what their names say. */
const NEIGHBOURS: MemoryFiles = {
  'machines.spec': inFrame('scenario', ''),
  'cores/4711.vmcore': '',
  folder: { failure: 'directory' },
  'huge.spec': { failure: 'too_large' },
  'link.spec': { failure: 'link_outside' },
  'locked.spec': { failure: 'unreadable' },
  'latin1.spec': Uint8Array.of(0x23, 0x20, 0xe9, 0x0a),
  'image.spec': Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x00),
  'imports-example.spec': 'import { x } from "./example.spec"\ntag other ""',
  ...Object.fromEntries(
    Array.from({ length: 70 }, (_, at) => [
      `chain-${at}.spec`,
      `import { name } from "./chain-${at + 1}.spec"`,
    ]),
  ),
};

/** `example.spec` beside the neighbours. */
export function exampleHost(text: string): SourceHost {
  return memoryHost({ ...NEIGHBOURS, 'example.spec': text });
}
