import { HRTIMERS } from './hrtimers.ts';
import { LOCKS } from './locks.ts';
import { LOG } from './log.ts';
import { ORDERS } from './orders.ts';
import { RUN_QUEUES } from './run-queues.ts';
import { STACKS } from './stacks.ts';
import { TASKS } from './tasks.ts';
import { TIMERS } from './timers.ts';
import type { Validator } from './validator.ts';

/** The validators that are built in, by structure. */
export const VALIDATORS: ReadonlyMap<string, Validator> = new Map(
  [TASKS, RUN_QUEUES, LOCKS, STACKS, TIMERS, HRTIMERS, LOG, ORDERS].map((one) => [one.structure, one]),
);
