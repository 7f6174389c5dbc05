// multipart/form-data as S3 takes it: small fields first, then the file, of which only a stretch is ever in memory.
// In: a request. Out: the fields (names lower case) and the file as a stream. What follows the file is ignored, as S3 says.
import type { S3Request } from './request';
import { S3Error } from './s3-error';

export interface Form {
  readonly fields: ReadonlyMap<string, string>;
  readonly filename?: string;
  readonly file: AsyncIterable<Buffer>;
}

const largestField = 64 * 1024;

export async function readForm(request: S3Request): Promise<Form> {
  const type = request.header('content-type') ?? '';
  const match = /^multipart\/form-data\s*;.*?boundary=(?:"([^"]+)"|([^;\s]+))/is.exec(type);
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined)
    throw new S3Error('MalformedPOSTRequest', 'a POST to a bucket needs multipart/form-data with a boundary');
  const reader = new PartReader(
    request.incoming.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>,
    boundary,
  );
  const fields = new Map<string, string>();
  for (;;) {
    const head = await reader.nextHead();
    if (head === undefined)
      throw new S3Error('InvalidArgument', 'POST requires exactly one file upload per request', {
        ArgumentName: 'file',
        ArgumentValue: '0',
      });
    const disposition = /content-disposition:\s*form-data\s*;(.*)/i.exec(head)?.[1] ?? '';
    const name = /(?:^|[;\s])name=(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(disposition);
    const filename = /filename=(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(disposition);
    const field = (name?.[1] ?? name?.[2] ?? '').toLowerCase();
    if (field === 'file') {
      const given = filename?.[1] ?? filename?.[2];
      return {
        fields,
        file: reader.content(),
        ...(given !== undefined && { filename: given.replace(/^.*[\\/]/, '') }),
      };
    }
    const pieces: Buffer[] = [];
    let size = 0;
    for await (const piece of reader.content()) {
      size += piece.length;
      if (size > largestField)
        throw new S3Error('MalformedPOSTRequest', `the form field '${field}' is larger than ${largestField} bytes`);
      pieces.push(piece);
    }
    fields.set(field, Buffer.concat(pieces).toString('utf8'));
  }
}

class PartReader {
  private rest: Buffer = Buffer.from('\r\n');
  private readonly mark: Buffer;

  constructor(
    private readonly source: AsyncIterator<Buffer>,
    boundary: string,
  ) {
    this.mark = Buffer.from(`\r\n--${boundary}`);
  }

  /** The headers of the next part; undefined after the last. */
  async nextHead(): Promise<string | undefined> {
    for await (const _ of this.content()) {
      // What precedes the first boundary says nothing.
    }
    while (this.rest.length < 2) if (!(await this.fill())) return undefined;
    if (this.rest.subarray(0, 2).toString() === '--') return undefined;
    let end = this.rest.indexOf('\r\n\r\n');
    while (end < 0) {
      if (this.rest.length > largestField || !(await this.fill())) throw new S3Error('MalformedPOSTRequest');
      end = this.rest.indexOf('\r\n\r\n');
    }
    const head = this.rest.subarray(0, end).toString('utf8');
    this.rest = this.rest.subarray(end + 4);
    this.started = true;
    return head;
  }

  private started = true;

  /** Bytes up to the next boundary, which is consumed. */
  async *content(): AsyncGenerator<Buffer> {
    if (!this.started) return;
    this.started = false;
    for (;;) {
      const end = this.rest.indexOf(this.mark);
      if (end >= 0) {
        if (end > 0) yield this.rest.subarray(0, end);
        this.rest = this.rest.subarray(end + this.mark.length);
        return;
      }
      // The end may hold the beginning of a boundary.
      const sure = this.rest.length - this.mark.length;
      if (sure > 0) {
        yield this.rest.subarray(0, sure);
        this.rest = this.rest.subarray(sure);
      }
      if (!(await this.fill())) throw new S3Error('MalformedPOSTRequest', 'the form ends before its last boundary');
    }
  }

  private async fill(): Promise<boolean> {
    const next = await this.source.next();
    if (next.done === true) return false;
    this.rest = Buffer.concat([this.rest, next.value]);
    return true;
  }
}
