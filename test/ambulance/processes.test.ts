import { describe, expect, it } from 'vitest';
import { processSpace } from '../../src/ambulance/processes.ts';
import type { Subject } from '../../src/ambulance/subject.ts';
import { shippedLibrary } from '../../src/runner/library.ts';
import type { Failure } from '../../src/structure/elements.ts';
import type { Session } from '../../src/structure/session.ts';

const subject = { library: await shippedLibrary() } as Subject;
const NO_TASK_STRUCT: Failure = {
  code: 'NO_TYPE',
  message: 'there is no type `task_struct`',
  place: 'tasks',
  address: NaN,
  bytes: 0,
};

/** A session that finds no process, for that reason. */
function sessionThatFindsNobody(failure: Failure | undefined): Session {
  const none = { bases: [], length: 0, failure, all: () => none };
  return { elements: () => none } as unknown as Session;
}

describe('a process that was not found', () => {
  it('is said not to be there where all were looked at', () => {
    expect(processSpace(subject, sessionThatFindsNobody(undefined), 'shop')).toEqual({
      code: 'UNMAPPED',
      message: 'there is no process shop',
    });
  });

  it('is not said not to be there where nobody could be looked for', () => {
    expect(processSpace(subject, sessionThatFindsNobody(NO_TASK_STRUCT), 'shop')).toEqual({
      code: 'NO_TYPE',
      message: 'no process can be found: there is no type `task_struct`',
    });
  });
});
