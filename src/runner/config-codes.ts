/**
 * What siren.yaml and the command line can get wrong: `E08` and two digits. `siren explain` prints `title` and `doc`.
 */
export interface CodeDoc {
  readonly code: string;
  readonly title: string;
  readonly doc: string;
}

export const CONFIG_CODES: readonly CodeDoc[] = [
  {
    code: 'E0801',
    title: 'siren.yaml cannot be read',
    doc: 'The file is not text in UTF-8, is larger than 256 KiB, or the system does not let Siren read it.',
  },
  {
    code: 'E0802',
    title: 'siren.yaml is not well-formed YAML',
    doc: 'The YAML parser stopped or warned at the place shown. A key given twice is one of its reasons; anchors, aliases and explicit types (`&a`, `*a`, `!t`) are not taken.',
  },
  {
    code: 'E0803',
    title: 'siren.yaml has another shape',
    doc: 'The file, or the value of a key, is of another kind: a list where a map belongs, a word where a number belongs.',
  },
  {
    code: 'E0804',
    title: 'unknown key in siren.yaml',
    doc: 'Keys are: paths, target, workers, reports, reporters, timeout_s, seed, tags. An unknown key is an error, so that a typo never switches anything off.',
  },
  {
    code: 'E0805',
    title: 'a value in siren.yaml is out of range',
    doc: 'The kind is right, the value is none that Siren can use.',
  },
  {
    code: 'E0810',
    title: 'no such file or folder',
    doc: 'A path on the command line, or under `paths:` in siren.yaml, does not exist or cannot be read.',
  },
  { code: 'E0811', title: 'not a spec', doc: 'A file was named that does not end in `.spec`.' },
  {
    code: 'E0812',
    title: 'no scenario at that line',
    doc: '`file.spec:LINE` selects the scenario whose text holds that line, from its `scenario` word to its closing brace. No scenario of the file does.',
  },
  {
    code: 'E0813',
    title: 'a path outside of the project',
    doc: "Specs and their imports live under the project's root: the folder of siren.yaml, or the one given with --root. Links that lead out of it count as outside. So does the `reports` folder that siren.yaml names; `--reports` may name any.",
  },
  {
    code: 'E0820',
    title: 'a tag expression cannot be read',
    doc: "A tag expression is made of tag names, `and`, `or`, `not` and parentheses: --tags 'smoke and not (slow or flaky)'.",
  },
  {
    code: 'E0821',
    title: 'an undeclared tag',
    doc: 'Tags are declared with `tag NAME "what it is for"` in a spec or under `tags:` in siren.yaml. An undeclared one selects nothing, so it is an error.',
  },
  {
    code: 'E0822',
    title: '--filter is no regular expression',
    doc: 'The pattern is a JavaScript regular expression and is searched for in `file :: name`. Put a backslash before a character that is to be taken literally.',
  },
  {
    code: 'E0823',
    title: '--filter takes too long',
    doc: 'The pattern did not finish within 2 s over all the names: most often a repetition inside a repetition, as in `(a+)+`.',
  },
  {
    code: 'E0824',
    title: 'no results of an earlier run',
    doc: '--last-failed reads results.json in the reports folder. It is missing, too large, or was not written by this version of Siren.',
  },
  {
    code: 'E0830',
    title: 'an option has a value it cannot take',
    doc: 'The message says what the option takes.',
  },
  { code: 'E0831', title: 'a target that is not there', doc: 'Scenarios run on `sim`, `qemu` and `core`.' },
];
