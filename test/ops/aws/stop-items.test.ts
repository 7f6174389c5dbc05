// Items of a distributed Map, of which Step Functions refuses to end some: injected, as no service does that when asked to.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Aws } from '../../../lib/ops/aws/aws';
import { stopRun } from '../../../lib/ops/aws/stop-run';
import type { SiteRun } from '../../../lib/ops/site';
import { manifestWith } from '../manifest';
import { siteAt } from './site-at';

const ARN = 'arn:aws:states:us-east-1:111122223333';
const ITEMS = Array.from({ length: 20 }, (_, i) => `${ARN}:execution:Sales/PerFile:item-${i}`);
const REFUSED = 8;
const kept = { ...process.env };
let server: Server;
let asked: string[];

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      const operation = String(request.headers['x-amz-target']).split('.')[1]!;
      const { executionArn = '' } = JSON.parse(body) as { executionArn?: string };
      const refused = operation === 'StopExecution' && ITEMS.slice(0, REFUSED).includes(executionArn);
      if (operation === 'StopExecution') asked.push(executionArn);
      response.writeHead(refused ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify(refused ? { __type: 'ValidationException', message: 'no' } : answer(operation)));
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
});

afterEach(async () => {
  Object.assign(process.env, kept);
  await new Promise((done) => server.close(done));
});

function answer(operation: string): object {
  if (operation === 'StopExecution') return { stopDate: 1_793_500_000 };
  if (operation === 'GetExecutionHistory') return { events: [] };
  return {
    executions: ITEMS.map((executionArn) => ({
      executionArn,
      stateMachineArn: `${ARN}:stateMachine:Sales/PerFile`,
      name: executionArn.split(':')[7],
      status: 'RUNNING',
      startDate: 1_793_500_000,
    })),
  };
}

it('keep no other from being ended, and are told by their number and the reason', async () => {
  await siteAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const place = `${ARN}:execution:Sales:r1`;
  const mapRunArn = `${ARN}:mapRun:Sales/PerFile:1`;
  const run = {
    head: { pipeline: 'Sales', run: 'r1', status: 'RUNNING', input: {}, start: '', place },
    run: { manifest: manifestWith([{ id: 'PerFile' }]), views: [] },
    events: [
      { id: 1, previousEventId: 0, type: 'MapStateEntered', stateEnteredEventDetails: { name: 'PerFile' } },
      { id: 2, previousEventId: 1, type: 'MapRunStarted', mapRunStartedEventDetails: { mapRunArn } },
    ].map((event) => ({ executionArn: place, event })),
  } as unknown as SiteRun;
  const stopped = await stopRun(new Aws(), run, 'wrong file', async () => undefined);
  expect(new Set(asked)).toEqual(new Set([place, ...ITEMS]));
  expect(stopped.slice(1)).toEqual([
    { what: 'map run', name: '12 items of Sales/PerFile', result: 'stopped' },
    { what: 'map run', name: '8 items of Sales/PerFile', result: 'failed', reason: expect.stringContaining('no') },
  ]);
});
