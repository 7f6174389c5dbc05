// The cause behind the cause. In: an error text as a program printed it, stack trace and all. Out: the sentence that a person needs
// first, then where it happened. Always: nothing is invented; text without a known trace comes back unchanged.

/** Python: the last line of the first traceback. Java and Scala: the innermost `Caused by`. JavaScript: the line above `at`. */
export function firstCause(text: string): string {
  return python(text) ?? java(text) ?? javaScript(text) ?? text;
}

function python(text: string): string | undefined {
  if (!text.includes('Traceback (most recent call last):')) return undefined;
  // `raise X from Y` prints Y's trace first: the first trace is the first cause.
  const first = text.split('Traceback (most recent call last):')[1]!;
  const lines = first.split('\n');
  const ends = lines.findIndex((line) =>
    /^[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Warning|\b)(?::|$)/.test(line),
  );
  const sentence = lines[ends];
  if (sentence === undefined) return undefined;
  const frames = lines
    .slice(0, ends)
    .flatMap((line) => /^\s+File "([^"]+)", line (\d+)/.exec(line)?.slice(1, 3).join(' line ') ?? []);
  // Of the frames the last one in the author's own code says most.
  const own =
    frames.filter((frame) => !/site-packages|dist-packages|\/lib\/python|<frozen/.test(frame)).at(-1) ?? frames.at(-1);
  const more: string[] = [];
  // An error's own text may have several lines.
  for (const line of lines.slice(ends + 1)) {
    if (line.trim() === '' || more.length >= 5) break;
    more.push(line);
  }
  return [`${sentence}${own === undefined ? '' : ` (${own})`}`, ...more].join('\n');
}

function java(text: string): string | undefined {
  if (!/^\s+at [\w$.<>]+\(/m.test(text) && !/^Caused by: /m.test(text)) return undefined;
  const causes = [...text.matchAll(/^Caused by: (.+)$/gm)].map((match) => match[1]!);
  const sentence = causes.at(-1) ?? text.split('\n').find((line) => line.trim() !== '' && !/^\s+at /.test(line));
  return sentence === undefined ? undefined : withoutPackage(sentence.trim());
}

/** `org.apache.spark.sql.AnalysisException: no such column` -> `AnalysisException: no such column` */
function withoutPackage(sentence: string): string {
  return sentence.replace(/^(?:[a-z][\w$]*\.)+(?=[A-Z])/, '');
}

function javaScript(text: string): string | undefined {
  const at = /\n {4}at .+(?::\d+:\d+\)?|<anonymous>\)?)/.exec(text);
  return at === null ? undefined : text.slice(0, at.index);
}
