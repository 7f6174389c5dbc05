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
