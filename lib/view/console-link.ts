// Pages of AWS's console. In: names and ARNs. Out: links. Always: China and GovCloud have hosts of their own; nothing is asked of AWS.

function consoleHost(partition: string, region: string): string {
  if (partition === 'aws-cn') return 'console.amazonaws.cn';
  return partition === 'aws-us-gov' ? 'console.amazonaws-us-gov.com' : `${region}.console.aws.amazon.com`;
}

/** The execution's page. */
export function executionLink(executionArn: string): string {
  const [, partition = 'aws', , region = ''] = executionArn.split(':');
  return `https://${consoleHost(partition, region)}/states/home?region=${region}#/v2/executions/details/${executionArn}`;
}

/** A log group's page, or a stream's: names in it are encoded twice, with `$` for the second `%`. */
export function logLink(region: string, group: string, stream?: string): string {
  const twice = (text: string) => encodeURIComponent(encodeURIComponent(text)).replaceAll('%', '$');
  const partition = region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  const events = stream === undefined ? '' : `/log-events/${twice(stream)}`;
  return `https://${consoleHost(partition, region)}/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${twice(group)}${events}`;
}
