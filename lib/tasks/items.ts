import { aws_iam as iam, type aws_s3 as s3 } from 'aws-cdk-lib';
import type { Json } from '../compile/model';
import { knownPrefix } from '../pipeline/run-token';

/** What a file of items may say. */
export interface ItemFileOptions {
  /**
   * Only so many items, from the first on.
   * @default - all
   */
  readonly maxItems?: number;
}

/** What a CSV file of items may say. */
export interface CsvItemsOptions extends ItemFileOptions {
  /**
   * Names of the columns of a file without a first line that names them.
   * @default - the first line names the columns
   */
  readonly headers?: string[];
  /** @default CsvDelimiter.COMMA */
  readonly delimiter?: CsvDelimiter;
}

/** What stands between two values of a CSV file. */
export enum CsvDelimiter {
  COMMA = 'COMMA',
  PIPE = 'PIPE',
  SEMICOLON = 'SEMICOLON',
  SPACE = 'SPACE',
  TAB = 'TAB',
}

/** What a `ForEachTask` goes over. https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html */
export class Items {
  /**
   * A list that an earlier task put out, or a param of the run: `Items.fromOutput(list.output('files'))`.
   * @param list the output; at run time a list
   */
  public static fromOutput(list: string): Items {
    return new Items({ Items: list }, []);
  }

  /**
   * The objects of a bucket. An item has the fields `Key`, `Size`, `LastModified` (seconds) and `Etag`.
   * @param prefix what the keys begin with; may hold run values and outputs
   */
  public static fromS3Objects(bucket: s3.IBucket, prefix: string = ''): Items {
    const list = new iam.PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] });
    return new Items(
      { ItemReader: reader('listObjectsV2', { Bucket: bucket.bucketName, Prefix: prefix }) },
      [list],
      bucket,
    );
  }

  /** The rows of a CSV file. An item has a field, a text, per column. */
  public static fromCsv(bucket: s3.IBucket, key: string, options: CsvItemsOptions = {}): Items {
    const { headers, delimiter } = options;
    return Items.fromFile(bucket, key, options, {
      InputType: 'CSV',
      CSVHeaderLocation: headers === undefined ? 'FIRST_ROW' : 'GIVEN',
      ...(headers !== undefined && { CSVHeaders: headers }),
      ...(delimiter !== undefined && { CSVDelimiter: delimiter }),
    });
  }

  /** The lines of a file, each a JSON value. */
  public static fromJsonLines(bucket: s3.IBucket, key: string, options: ItemFileOptions = {}): Items {
    return Items.fromFile(bucket, key, options, { InputType: 'JSONL' });
  }

  /** The elements of a JSON file that holds a list. */
  public static fromJson(bucket: s3.IBucket, key: string, options: ItemFileOptions = {}): Items {
    return Items.fromFile(bucket, key, options, { InputType: 'JSON' });
  }

  /** The rows of a Parquet file. An item has a field per column. */
  public static fromParquet(bucket: s3.IBucket, key: string, options: ItemFileOptions = {}): Items {
    return Items.fromFile(bucket, key, options, { InputType: 'PARQUET' });
  }

  private static fromFile(
    bucket: s3.IBucket,
    key: string,
    { maxItems }: ItemFileOptions,
    config: { [field: string]: Json },
  ): Items {
    if (maxItems !== undefined && !(Number.isInteger(maxItems) && maxItems > 0))
      throw new Error(`Items: maxItems is ${maxItems}, it should be a whole number from 1 on`);
    const known = knownPrefix(key);
    const resource = bucket.arnForObjects(known === key ? key : `${known}*`);
    return new Items(
      {
        ItemReader: {
          ...reader('getObject', { Bucket: bucket.bucketName, Key: key }),
          ReaderConfig: { ...config, ...(maxItems !== undefined && { MaxItems: maxItems }) },
        },
      },
      [new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: [resource] })],
      bucket,
    );
  }

  private constructor(
    /**
     * Fields of a Map state.
     * @internal
     */
    public readonly _fields: { readonly [field: string]: Json },
    /** @internal */
    public readonly _permissions: iam.PolicyStatement[],
    /** @internal */
    public readonly _bucket?: s3.IBucket,
  ) {}
}

function reader(action: string, given: { [field: string]: Json }): { [field: string]: Json } {
  return { Resource: `arn:aws:states:::s3:${action}`, Arguments: given };
}
