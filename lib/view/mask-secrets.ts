// Secrets that services repeat in their error texts, masked before a person or a machine gets to see them. In: any text. Out: the
// same with `****` for what is a secret by its shape or by the word before it. Always: more is masked rather than less; one pass.

const MASK = '****';

const SHAPES: readonly RegExp[] = [
  // Access keys of AWS, tokens of chat and code services, JSON web tokens, private keys.
  /\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b/g,
  /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g,
  /\bgh[opsur]_[A-Za-z0-9]{30,}/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]{0,10000}?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /https:\/\/hooks\.slack\.com\/(?:services|workflows)\/[^\s"'<>]+/g,
];

/** `password=x`, `"secret": "x"`, `Authorization: Bearer x`, `IDENTIFIED BY 'x'`; the name of the word stays. */
const NAMED =
  /((?<!:)(?:pass(?:word|wd|phrase)?|pwd|secret(?:_?(?:access_?)?key)?|api_?key|access_?key(?:_?id)?|(?:access_?|session_?|auth_?|security_?)?token|credentials?|signature)["']?\s{0,3}[=:]\s{0,3})("[^"\n]{0,500}"|'[^'\n]{0,500}'|[^\s,;&)"']{1,500})/gi;
const HEADER =
  /((?:proxy-)?authorization["']?\s{0,3}[:=]\s{0,3}["']?(?:bearer|basic|aws4-hmac-sha256)?\s{0,3})[^\n"']{1,2000}/gi;
const LOGIN = /\b([a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@]{0,200}:)[^\s@/]{1,200}@/gi;
const SQL =
  /(\b(?:password|identified by|secret_access_key|access_key_id|session_token)\s{1,3}(?:as\s)?)'[^']{0,500}'/gi;

export function maskSecrets(text: string): string {
  let masked = text;
  for (const shape of SHAPES) masked = masked.replace(shape, MASK);
  return masked
    .replace(LOGIN, `$1${MASK}@`)
    .replace(HEADER, `$1${MASK}`)
    .replace(SQL, `$1'${MASK}'`)
    .replace(NAMED, (whole, name: string, value: string) => {
      // A name of a secret is not the secret: `secret: arn:aws:secretsmanager:...`, `token: null`.
      if (/^["']?(?:arn:|null\b|undefined\b|none\b|\*{4})/i.test(value)) return whole;
      const quote = /^["']/.exec(value)?.[0] ?? '';
      return `${name}${quote}${MASK}${quote}`;
    });
}
