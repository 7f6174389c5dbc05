// An error as a person reads it. In: the error name and the cause text that Step Functions gives, which is often a service's JSON.
// Out: one sentence, and where the text tells, where the log is. Always: text that is not understood is given as it is.

type Fields = { readonly [key: string]: unknown };

/** The human sentence of a failure. */
export function readableCause(error: string | undefined, cause: string | undefined): string {
  const text = cause?.trim() ?? '';
  const json = parseFields(text);
  if (json === undefined) return text === '' ? (error ?? 'no reason was given') : text;
  return ecsTask(json) ?? lambdaError(json) ?? glueJobRun(json) ?? nestedExecution(json) ?? messageOf(json) ?? text;
}

/** `Containers[].ExitCode` and `StoppedReason` of an ECS task. */
function ecsTask(json: Fields): string | undefined {
  const containers = json['Containers'];
  if (!Array.isArray(containers)) return undefined;
  const faulty = (containers as Fields[]).filter((container) => container['ExitCode'] !== 0);
  const parts = faulty.map((container) => {
    const code = container['ExitCode'];
    const reason = container['Reason'];
    const what =
      typeof code === 'number'
        ? `container ${String(container['Name'])} ended with exit code ${code}${exitMeaning(code)}`
        : `container ${String(container['Name'])} did not run`;
    return typeof reason === 'string' && reason !== json['StoppedReason'] ? `${what}: ${reason}` : what;
  });
  const stopped = json['StoppedReason'];
  const obvious = parts.length > 0 && stopped === 'Essential container in task exited';
  return [...parts, ...(typeof stopped === 'string' && !obvious ? [stopped] : [])].join('; ') || undefined;
}

function exitMeaning(code: number): string {
  if (code === 137) return ' (killed: out of memory, or stopped from outside)';
  if (code === 143) return ' (asked to stop)';
  if (code === 127) return ' (its program was not found)';
  return code === 139 ? ' (crashed: memory access)' : '';
}

/** `{errorType, errorMessage, trace}` of a function; the message may be JSON again. */
function lambdaError(json: Fields): string | undefined {
  const message = json['errorMessage'];
  if (typeof message !== 'string') return undefined;
  const type = json['errorType'];
  return typeof type === 'string' && type !== 'Error' && !message.startsWith(type) ? `${type}: ${message}` : message;
}

function glueJobRun(json: Fields): string | undefined {
  if (typeof json['JobRunState'] !== 'string') return undefined;
  const message = json['ErrorMessage'];
  const run = `job ${String(json['JobName'])} ended as ${json['JobRunState']}`;
  return typeof message === 'string' && message !== '' ? `${run}: ${message}` : run;
}

/** A child execution's own error and cause. */
function nestedExecution(json: Fields): string | undefined {
  if (typeof json['ExecutionArn'] !== 'string') return undefined;
  const error = typeof json['Error'] === 'string' ? json['Error'] : undefined;
  const cause = typeof json['Cause'] === 'string' ? json['Cause'] : undefined;
  return `execution ${String(json['Name'] ?? json['ExecutionArn'])} ended as ${String(json['Status'])}: ${readableCause(error, cause)}`;
}

function messageOf(json: Fields): string | undefined {
  for (const key of ['ErrorMessage', 'Message', 'message', 'Error', 'error', 'StateChangeReason']) {
    const value = json[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

function parseFields(text: string): Fields | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}
