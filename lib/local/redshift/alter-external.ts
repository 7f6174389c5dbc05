/** ALTER TABLE on an external table: where its files are, and which partitions it has. */
import { type ExternalSource, keyOf, type Relation } from './catalog';
import type { Engine } from './engine';
import { RedshiftError } from './redshift-error';
import type { AlterAction, PartitionPlace } from './statement';

export type ExternalChange = Extract<
  AlterAction,
  { action: 'addPartition' | 'dropPartition' | 'movePartition' | 'location' }
>;

export function alterExternal(change: ExternalChange, relation: Relation, engine: Engine): void {
  const { external } = relation;
  if (!external) throw new RedshiftError(`"${relation.name}" is not an external table`);
  engine.session.catalog.relations.set(keyOf(relation), { ...relation, external: changed(change, external, relation) });
  engine.changed();
}

function changed(change: ExternalChange, external: ExternalSource, relation: Relation): ExternalSource {
  if (change.action === 'location') return { ...external, location: change.location };
  if (external.partitionKeys.length === 0) throw new RedshiftError(`table "${relation.name}" is not partitioned`);
  const known = external.partitions ?? [];
  if (change.action === 'addPartition') {
    const added: PartitionPlace[] = [];
    for (const partition of change.partitions) {
      checkKeys(partition.values, external);
      const there = [...known, ...added].some((one) => same(one.values, partition.values));
      if (!there) added.push(partition);
      else if (!change.ifNotExists) throw new RedshiftError(`Partition already exists: ${written(partition.values)}`);
    }
    return { ...external, partitions: [...known, ...added] };
  }
  const values = change.action === 'dropPartition' ? change.values : change.partition.values;
  checkKeys(values, external);
  const others = known.filter((one) => !same(one.values, values));
  if (others.length === known.length) throw new RedshiftError(`Partition does not exist: ${written(values)}`);
  return { ...external, partitions: change.action === 'dropPartition' ? others : [...others, change.partition] };
}

function checkKeys(values: PartitionPlace['values'], external: ExternalSource): void {
  const names = external.partitionKeys.map((key) => key.name);
  const given = Object.keys(values);
  if (given.length !== names.length || names.some((name) => !given.includes(name)))
    throw new RedshiftError(`a partition must give a value for each of: ${names.join(', ')}`);
}

const same = (left: PartitionPlace['values'], right: PartitionPlace['values']): boolean =>
  Object.entries(left).every(([key, value]) => right[key] === value);
const written = (values: PartitionPlace['values']): string =>
  Object.entries(values)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
