/** The type of a run's param. */
export enum ParamType {
  STRING = 'string',
  NUMBER = 'number',
  BOOLEAN = 'boolean',
  /** A calendar day, `2026-11-21`. */
  DATE = 'date',
}

/** What every param may say. */
export interface ParamOptions {
  /**
   * One line for the person who starts a run.
   * @default - no description
   */
  readonly description?: string;
}

/** A param that is a text. */
export interface StringParamOptions extends ParamOptions {
  /** @default - the run has to be started with a value */
  readonly default?: string;
  /**
   * The command shows `***` for it, and records on a laptop do not hold it: a re-run there asks for it again. In AWS it stands in the
   * history of the run, for whoever may read that; Secrets Manager is the better place. Has no `default`: that would stand in the template.
   * @default false
   */
  readonly secret?: boolean;
}

/** A param that is a number. */
export interface NumberParamOptions extends ParamOptions {
  /** @default - the run has to be started with a value */
  readonly default?: number;
}

/** A param that is true or false. */
export interface BooleanParamOptions extends ParamOptions {
  /** @default - the run has to be started with a value */
  readonly default?: boolean;
}

/** A value that whoever starts a run may choose; tasks read it with `pipeline.run.param(name)`. A run's input is readable: no place for secrets. */
export class Param {
  /** A text. */
  public static string(options: StringParamOptions = {}): Param {
    return new Param(ParamType.STRING, options.default, options.description, isSecret('string', options));
  }

  /** A number. */
  public static number(options: NumberParamOptions = {}): Param {
    return new Param(ParamType.NUMBER, options.default, options.description);
  }

  /** True or false. */
  public static boolean(options: BooleanParamOptions = {}): Param {
    return new Param(ParamType.BOOLEAN, options.default, options.description);
  }

  /** A calendar day, `2026-11-21`. */
  public static date(options: StringParamOptions = {}): Param {
    const day = options.default;
    if (day !== undefined && !isDay(day))
      throw new Error(`Param.date: the default is ${JSON.stringify(day)}, it should be a day such as 2026-11-21`);
    return new Param(ParamType.DATE, day, options.description, isSecret('date', options));
  }

  private constructor(
    /** The type. */
    public readonly type: ParamType,
    /** The value of a run that is started without one. */
    public readonly defaultValue: string | number | boolean | undefined,
    /** One line for the person who starts a run. */
    public readonly description: string | undefined,
    /** Hidden in what the command shows and in records on a laptop. */
    public readonly secret: boolean = false,
  ) {}
}

function isSecret(kind: string, options: StringParamOptions): boolean {
  if (options.secret && options.default !== undefined)
    throw new Error(`Param.${kind}: a secret param has a default, which would stand in the template: leave it out`);
  return options.secret ?? false;
}

function isDay(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
