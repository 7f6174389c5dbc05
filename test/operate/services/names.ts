// What the pipelines of app.ts use, by the mood that the server reads out of the names.

export const REGION = 'us-east-1';
export const ACCOUNT = '000000000000';
/** The bucket of logs. */
export const LOGS = 'services-logs';

export function names(mood: string) {
  const word = mood.replaceAll(' ', '-');
  return {
    cluster: `containers-${word}`,
    family: `program-${word}`,
    job: `job-${word}`,
    crawler: `crawler-${word}`,
    definition: `definition-${word}`,
    queue: `queue-${word}`,
    emr: `emr-${word}`,
    application: `application-${word}`,
    workGroup: `group-${word}`,
    function: `function-${word}`,
    warehouse: `warehouse-${word}`,
    ruleset: `rules-${word}`,
  };
}
