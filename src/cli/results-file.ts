import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { LARGEST_RESULTS, ResultsError } from '../report/compare/read.ts';
import { oneLine } from '../report/escape.ts';

/**
 * The text of a results.json. Looks at the size before it reads; a folder, a pipe or a device is refused. Throws a
 * ResultsError.
 */
export async function resultsText(path: string, name: string): Promise<string> {
  try {
    // A pipe without a writer would be waited for.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw new ResultsError(`${oneLine(name)}: it is not a file; give a results.json`);
      if (stat.size > LARGEST_RESULTS)
        throw new ResultsError(
          `${oneLine(name)}: it has ${stat.size} bytes, more than any results.json (${LARGEST_RESULTS})`,
        );
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof ResultsError) throw error;
    const code = (error as { code?: unknown }).code;
    const why = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${String(code)})`;
    throw new ResultsError(`${oneLine(name)}: ${why}; \`siren run\` writes reports/results.json`);
  }
}
