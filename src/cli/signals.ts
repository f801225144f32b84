/** A run that can be stopped from outside. */
export interface StopSignals {
  readonly signal: AbortSignal;
  /**
   * 129 after SIGHUP (a terminal that was closed), 130 after SIGINT, 143 after SIGTERM, as a shell reports a process
   * that they ended.
   */
  code(): number;
  /** Gives the signals back to the system. */
  release(): void;
}

const CODES: Readonly<Record<string, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** The first signal stops the run in good order, a second one ends the process at once. */
export function onStopSignals(): StopSignals {
  const stop = new AbortController();
  let code = 0;
  const onSignal = (name: NodeJS.Signals): void => {
    if (stop.signal.aborted) process.exit(CODES[name] ?? 1);
    code = CODES[name] ?? 1;
    stop.abort();
  };
  for (const name of Object.keys(CODES)) process.on(name, onSignal);
  return {
    signal: stop.signal,
    code: () => code,
    release() {
      for (const name of Object.keys(CODES)) process.off(name, onSignal);
    },
  };
}
