/** Where an example stands, so that it need not repeat a whole machine. */
export type Frame =
  /** A file. */
  | 'file'
  /** In the braces of a topology. */
  | 'topology'
  /** In a scenario on two guests, `web` and `db`, attended by `rescue`. */
  | 'scenario'
  /** In its `expect`, with triggers called `smash` (a fault in web) and `stop` (a panic of web). */
  | 'expect';

/** What `siren explain CODE` says. */
export interface LanguageCode {
  readonly code: string;
  readonly title: string;
  readonly doc: string;
  readonly frame: Frame;
  /** A text that is reported with this code. */
  readonly bad: string;
  /** The same, mended. */
  readonly mended: string;
}

const PAIR = `topology pair {
  machine { cpus 0..4; memory 256 MiB; block disk0; network eth0 }
  lpar web {
    owns cpus 0..1; owns memory 64 MiB; owns device disk0; shares device eth0
    kernel linux { workload web_server }
  }
  lpar db { owns cpus 2..3; owns memory 64 MiB; shares device eth0; kernel linux { workload database } }
  ambulance rescue { owns cpus 4; owns memory 32 MiB; attends web, db }
}
tag smoke "seconds, run on every commit"
`;

/** An example as a whole file. */
export function inFrame(frame: Frame, text: string): string {
  switch (frame) {
    case 'file':
      return text;
    case 'topology':
      return `topology example {\n${text}\n}\n`;
    case 'scenario': {
      const uses = /^\s*(uses|machine|lpar|ambulance|core)\b/m.test(text) ? '' : '  uses pair\n';
      const expect = /^\s*expect\b/m.test(text) ? '' : '  expect { verdict web.* is intact }\n';
      return `${PAIR}scenario "example" {\n${uses}${text}\n${expect}}\n`;
    }
    case 'expect':
      return `${PAIR}scenario "example" {
  uses pair
  at 40 ms called smash: set web.tasks["nginx"].pid to 7
  at 50 ms called stop: panic web
  expect {
${text}
  }
}
`;
  }
}
