// What a person sees who follows a link. In: texts from outside. Out: HTML. Always: every text is escaped, no script runs, nothing
// is loaded from elsewhere, and a page that is opened changes nothing.

import type { Question } from './link';

export interface Answer {
  readonly statusCode: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
}

export function askPage(link: string, { pipeline, run, task, question, expires }: Question): Answer {
  return html(
    200,
    question,
    `<dl><dt>Pipeline</dt><dd>${escaped(pipeline)}</dd><dt>Run</dt><dd>${escaped(run)}</dd><dt>Task</dt><dd>${escaped(task)}</dd>
<dt>Answer until</dt><dd>${escaped(expires)}</dd></dl>
<form method="post"><input type="hidden" name="link" value="${escaped(link)}">
<label>Your name <input name="by" required maxlength="200" autocomplete="name"></label>
<label>Reason <textarea name="reason" maxlength="2000" rows="3"></textarea></label>
<button name="answer" value="yes">Yes</button> <button name="answer" value="no">No</button></form>`,
  );
}

export function tellPage(statusCode: number, title: string, text: string): Answer {
  return html(statusCode, title, `<p>${escaped(text)}</p>`);
}

function html(statusCode: number, title: string, body: string): Answer {
  return {
    statusCode,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-robots-tag': 'noindex',
    },
    body: `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>${STYLE}</style></head><body><main><h1>${escaped(title)}</h1>
${body}</main></body></html>`,
  };
}

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;margin:3rem auto;max-width:36rem;padding:0 1rem}dt{color:#555}dd{margin:0 0 .5rem;overflow-wrap:anywhere}' +
  'label{display:block;margin:1rem 0}input,textarea{display:block;width:100%;font:inherit;box-sizing:border-box}button{font:inherit;padding:.4rem 1.6rem}';

function escaped(text: string): string {
  const names: { readonly [character: string]: string } = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": '#39' };
  return text.replace(/[&<>"']/g, (character) => `&${names[character]};`);
}
