// ItemBatcher of a distributed Map: groups inputs into batches by count and by size. Each batch is `{ Items }`, with the
// batch input beside it when there is one.

import type { Json } from '../engine';
import { Problem } from './failure';
import { Payload } from './history';
import { isObject, type JsonObject } from './json-value';
import { MAX_PAYLOAD_BYTES } from './limits';
import { FieldSet } from './machine';
import { mapNumber } from './map-items';
import { inputAfterPath } from './data-flow';
import type { Visit } from './visit';

export async function batchItems(visit: Visit, inputs: readonly Payload[]): Promise<Payload[]> {
  const spec = visit.state.fields['ItemBatcher'];
  if (!isObject(spec)) {
    return [...inputs];
  }
  const fields = new FieldSet(spec, visit.state.jsonata, 'ItemBatcher/');
  const most = (await mapNumber(visit, fields, 'MaxItemsPerBatch')) ?? Number.POSITIVE_INFINITY;
  const bytes = Math.min(
    (await mapNumber(visit, fields, 'MaxInputBytesPerBatch')) ?? MAX_PAYLOAD_BYTES,
    MAX_PAYLOAD_BYTES,
  );
  if (most <= 0 || bytes <= 0) {
    throw new Problem('MaxItemsPerBatch and MaxInputBytesPerBatch must be positive.');
  }
  const common = await batchInput(visit, fields);
  const frame = JSON.stringify({ ...common, Items: [] }).length;
  const batches: Payload[] = [];
  let items: Json[] = [];
  let size = frame;
  for (const input of inputs) {
    const length = Buffer.byteLength(input.text) + 1;
    if (items.length > 0 && (items.length >= most || size + length > bytes)) {
      batches.push(new Payload({ ...common, Items: items }));
      items = [];
      size = frame;
    }
    items.push(input.value);
    size += length;
  }
  if (items.length > 0) {
    batches.push(new Payload({ ...common, Items: items }));
  }
  return batches;
}

async function batchInput(visit: Visit, fields: FieldSet): Promise<JsonObject> {
  if (!fields.has('BatchInput')) {
    return {};
  }
  const value = fields.jsonata
    ? await fields.query('BatchInput').evaluate(visit.queries())
    : fields.template('BatchInput')(visit.paths(inputAfterPath(visit)));
  return { BatchInput: value };
}
