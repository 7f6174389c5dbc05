// What is expected of data, and what a check knows so far. In: the task's own words as JSON. Out: nothing; these are the shapes
// that the steps of a check hand to each other through the state machine. Always: column names are lower case, as the catalog,
// Athena and Redshift fold them.

export interface ExpectedColumn {
  readonly name: string;
  /** `string`, `double`, `decimal(10,2)` ...: the Data Catalog's names. */
  readonly type: string;
  readonly nullable: boolean;
}

export interface Expectation {
  readonly engine: 'athena' | 'redshift';
  /** What stands behind FROM. Nothing: a file set, whose table is made for the check. */
  readonly source?: string;
  readonly columns: readonly ExpectedColumn[];
  /** Columns that nobody expects are fine. */
  readonly extraColumns: boolean;
  readonly least?: number;
  readonly most?: number;
  /** Columns whose values together name a row. */
  readonly key?: readonly string[];
  readonly fresh?: Freshness;
  readonly policy: 'fail' | 'warn' | 'quarantine';
  readonly files?: FileSet;
  /** Athena: where rows go, each in a folder of the run. */
  readonly places?: { readonly broken: string; readonly clean: string };
  /** Redshift: the table that is checked, and the one that takes the rows that break. */
  readonly tables?: { readonly checked: string; readonly broken: string };
}

export interface Freshness {
  readonly seconds: number;
  /** Nothing: the newest object. */
  readonly column?: string;
  /** ISO 8601; what the age is measured from. */
  readonly asOf: string;
}

export interface FileSet {
  readonly bucket: string;
  readonly prefix: string;
  readonly format: 'csv' | 'json' | 'parquet';
  readonly delimiter: string;
  readonly header: boolean;
  /** Catalog database and name of the table that is made for the check. */
  readonly database: string;
  readonly table: string;
}

export interface FoundColumn {
  readonly name: string;
  /** `text`: a text file, whose values have no type but what they look like. */
  readonly type: string;
  /** Not in the beginnings of the files, which are no proof that it is not there. */
  readonly unseen?: true;
}

/** What the check knows between two steps. */
export interface Progress {
  readonly found?: readonly FoundColumn[];
  /** Of a file set. */
  readonly heads?: Heads;
  readonly out?: Outputs;
  /** What is waited for. */
  readonly stage: 'columns' | 'measure' | 'aside';
  /** Statements that have still to run. */
  readonly left?: readonly string[];
}

export interface Heads {
  readonly files: number;
  readonly bytes: number;
  /** ISO 8601; empty for an empty set. */
  readonly newest: string;
  /** Files that do not fit to the others, in words. */
  readonly problems: readonly string[];
  /** How many of them went aside: all, or none. */
  readonly moved: number;
}

export interface Outputs {
  readonly ok: boolean;
  readonly rows: number;
  readonly problems: readonly string[];
  readonly brokenRows: number;
  readonly newest: string;
  readonly clean?: string;
  readonly broken?: string;
  readonly files?: number;
  readonly filesAside?: number;
}
