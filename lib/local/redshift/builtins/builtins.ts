/** All built-in functions by name. */
import type { Builtin } from './builtin';
import { DATE_BUILTINS } from './date-builtins';
import { GENERAL_BUILTINS } from './general-builtins';
import { MATH_BUILTINS } from './math-builtins';
import { SUPER_BUILTINS } from './super-builtins';
import { TEXT_BUILTINS } from './text-builtins';
import { VARBYTE_BUILTINS } from './varbyte-builtins';

export const BUILTINS: ReadonlyMap<string, Builtin> = new Map(
  [TEXT_BUILTINS, MATH_BUILTINS, DATE_BUILTINS, SUPER_BUILTINS, VARBYTE_BUILTINS, GENERAL_BUILTINS].flatMap(
    (builtins) => Object.entries(builtins),
  ),
);
