// A CSV reader as distributed Maps read CSV: RFC 4180 quoting, one of five delimiters, short rows filled with empty
// strings, surplus fields dropped. In: text. Out: rows of fields; blank lines do not count.

export const DELIMITERS: { readonly [name: string]: string } = {
  COMMA: ',',
  PIPE: '|',
  SEMICOLON: ';',
  SPACE: ' ',
  TAB: '\t',
};

export function* csvRows(text: string, delimiter: string): Generator<string[]> {
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (at < text.length) {
    const row: string[] = [];
    let ended = false;
    while (!ended) {
      const field = readField(text, at, delimiter);
      row.push(field.value);
      at = field.end;
      if (text[at] === delimiter) {
        at += 1;
      } else {
        ended = true;
        at += text[at] === '\r' && text[at + 1] === '\n' ? 2 : 1;
      }
    }
    if (row.length > 1 || row[0] !== '') {
      yield row;
    }
  }
}

function readField(text: string, start: number, delimiter: string): { value: string; end: number } {
  if (text[start] !== '"') {
    let end = start;
    while (end < text.length && text[end] !== delimiter && text[end] !== '\n' && text[end] !== '\r') {
      end += 1;
    }
    return { value: text.slice(start, end), end };
  }
  let value = '';
  let at = start + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) {
      return { value: value + text.slice(at), end: text.length };
    }
    value += text.slice(at, quote);
    if (text[quote + 1] !== '"') {
      const rest = readField(text, quote + 1, delimiter);
      return { value: value + (rest.value.startsWith('"') ? '' : rest.value), end: rest.end };
    }
    value += '"';
    at = quote + 2;
  }
}
