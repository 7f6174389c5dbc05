// Names inside ARNs of Step Functions. In: an ARN. Out: its parts. Nothing is asked of AWS.

/** `arn:aws:states:eu-west-1:1:execution:Machine:name` -> `Machine`; also of express executions. */
export function machineOfExecution(arn: string): string {
  return arn.split(':')[6] ?? '';
}

export function nameOfExecution(arn: string): string {
  return arn.split(':')[7] ?? '';
}

export function nameOfMachine(arn: string): string {
  return arn.split(':')[6] ?? '';
}

export function executionArn(machineArn: string, name: string): string {
  return `${machineArn.replace(':stateMachine:', ':execution:')}:${name}`;
}

/** Another machine of the same account and region. */
export function siblingMachine(machineArn: string, name: string): string {
  return [...machineArn.split(':').slice(0, 6), name].join(':');
}

/** The execution's page; China and GovCloud have hosts of their own. */
export function executionLink(arn: string): string {
  const [, partition, , region] = arn.split(':');
  return `https://${consoleHost(partition ?? 'aws', region ?? '')}/states/home?region=${region}#/v2/executions/details/${arn}`;
}

/** A log stream's page: names in it are encoded twice, with `$` for the second `%`. */
export function logLink(region: string, group: string, stream: string): string {
  const twice = (text: string) => encodeURIComponent(encodeURIComponent(text)).replaceAll('%', '$');
  const partition = region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  return `https://${consoleHost(partition, region)}/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${twice(group)}/log-events/${twice(stream)}`;
}

function consoleHost(partition: string, region: string): string {
  if (partition === 'aws-cn') return 'console.amazonaws.cn';
  return partition === 'aws-us-gov' ? 'console.amazonaws-us-gov.com' : `${region}.console.aws.amazon.com`;
}
