/** A small strict XML reader for tests: it refuses what a real one would, and gives the tree. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Map<string, string>;
  readonly children: XmlElement[];
  text: string;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
};

function plain(text: string): string {
  if (text.includes('<')) throw new Error('a bare <');
  return text.replace(/&[^;]*;?/g, (entity) => {
    const character = ENTITIES[entity];
    if (character === undefined) throw new Error(`unknown entity ${entity}`);
    return character;
  });
}

export function parseXml(xml: string): XmlElement {
  const top: XmlElement = { name: '', attributes: new Map(), children: [], text: '' };
  const open = [top];
  const token =
    /<\?xml[^?]*\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<\/([\w-]+)>|<([\w-]+)((?: [\w-]+="[^"]*")*)(\/?)>|([^<]+)/y;
  let at = 0;
  while (at < xml.length) {
    token.lastIndex = at;
    const match = token.exec(xml);
    if (match === null) throw new Error(`not XML at ${at}: ${xml.slice(at, at + 40)}`);
    at = token.lastIndex;
    const [, section, closed, opened, list, empty, text] = match;
    const here = open.at(-1) as XmlElement;
    if (section !== undefined) here.text += section;
    else if (text !== undefined) here.text += plain(text);
    else if (closed !== undefined) {
      if (here.name !== closed) throw new Error(`</${closed}> closes <${here.name}>`);
      open.pop();
    } else if (opened !== undefined) {
      const element: XmlElement = { name: opened, attributes: new Map(), children: [], text: '' };
      for (const [, key, value] of (list ?? '').matchAll(/ ([\w-]+)="([^"]*)"/g))
        element.attributes.set(key as string, plain(value as string));
      here.children.push(element);
      if (empty === '') open.push(element);
    }
  }
  if (open.length !== 1 || top.children.length !== 1) throw new Error('not one closed root element');
  return top.children[0] as XmlElement;
}
