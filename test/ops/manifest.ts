// A manifest in few words, for tests of pure functions.

import type { Manifest, ManifestTask } from '../../lib/compile/manifest';

export function manifestWith(tasks: readonly Partial<ManifestTask>[], more: Partial<Manifest> = {}): Manifest {
  return {
    version: 1,
    name: 'Demo-Sales',
    path: 'Demo/Sales',
    stack: 'Demo',
    template: '',
    machines: [{ name: 'Sales', root: true, logicalId: 'Machine' }],
    tasks: tasks.map((task, index) => ({
      id: `T${index}`,
      index,
      kind: 'LambdaTask',
      path: '',
      upstream: [],
      triggerRule: 'all_success',
      machine: 'Sales',
      outputs: [],
      ...task,
    })),
    rendezvous: [],
    params: [],
    triggers: [],
    alerts: [],
    ...more,
  };
}
