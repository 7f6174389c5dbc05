// Stand-in for AWS Glue: crawlers, jobs and the Data Catalog behind one door. In: an API action. Out: its answer. Always: one
// catalog per region, shared by crawlers, jobs, the warehouse's external schemas and programs that ask through the gateway.

import type { Json } from '../engine';
import { notLocal, type World } from '../world';
import { Catalog } from './catalog';
import { handleCatalog } from './catalog-api';
import { GlueCrawlers } from './glue-crawler';
import { GlueJobs } from './glue-job';
import type { Service, ServiceRequest } from './service';

export class Glue implements Service {
  private readonly catalogs = new Map<string, Catalog>();
  private readonly crawlers: GlueCrawlers;
  private readonly jobs: GlueJobs;

  constructor(private readonly world: World) {
    const catalog = (region: string) => this.catalog(region);
    this.crawlers = new GlueCrawlers(world, catalog);
    this.jobs = new GlueJobs(world, catalog);
  }

  catalog(region: string): Catalog {
    const known = this.catalogs.get(region) ?? new Catalog(this.world, region);
    this.catalogs.set(region, known);
    return known;
  }

  async handle(request: ServiceRequest): Promise<Json> {
    const answer =
      this.crawlers.handle(request) ??
      (await this.jobs.handle(request)) ??
      (await handleCatalog(this.catalog(request.region), request));
    if (answer === undefined) throw notLocal(`glue:${request.action}`);
    return answer;
  }

  async close(): Promise<void> {
    await Promise.all([this.crawlers.close(), this.jobs.close()]);
  }
}
