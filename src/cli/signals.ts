/** A run that can be stopped from outside. */
export interface StopSignals {
  readonly signal: AbortSignal;
  /** 130 after SIGINT, 143 after SIGTERM, as a shell reports a process that they ended. */
  code(): number;
  /** Gives the signals back to the system. */
  release(): void;
}

const CODES: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143 };

/** The first signal stops the run in good order, a second one ends the process at once. */
export function onStopSignals(): StopSignals {
  const stop = new AbortController();
  let code = 0;
  const onSignal = (name: NodeJS.Signals): void => {
    if (stop.signal.aborted) process.exit(CODES[name] ?? 1);
    code = CODES[name] ?? 1;
    stop.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: stop.signal,
    code: () => code,
    release() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
