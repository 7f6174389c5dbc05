// Stand-in for AWS Glue: crawlers, jobs and the Data Catalog behind one door. In: an API action. Out: its answer. Always: one
// catalog per region, shared by crawlers, jobs, the warehouse's external schemas and programs that ask through the gateway.

import { type Json, ServiceError } from '../engine';
import { notLocal, type World } from '../world';
import { Catalog } from './catalog';
import { GlueCrawlers } from './glue-crawler';
import { GlueJobs } from './glue-job';
import { type Fields, fieldsOf, listOf, optionalText, type Service, type ServiceRequest, textOf } from './service';

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
    const answer = this.crawlers.handle(request) ?? (await this.jobs.handle(request));
    return answer ?? this.handleCatalog(request);
  }

  async close(): Promise<void> {
    await Promise.all([this.crawlers.close(), this.jobs.close()]);
  }

  private async handleCatalog({ action, input, region }: ServiceRequest): Promise<Json> {
    const catalog = this.catalog(region);
    const text = (name: string) => textOf('Glue', input, name);
    switch (action) {
      case 'GetDatabases':
        return { DatabaseList: catalog.databases() };
      case 'GetDatabase':
        return { Database: catalog.database(text('Name')) };
      case 'CreateDatabase':
        await catalog.createDatabase(fieldsOf(input['DatabaseInput']));
        return {};
      case 'DeleteDatabase':
        await catalog.deleteDatabase(text('Name'));
        return {};
      case 'GetTables':
        return {
          TableList: catalog
            .tables(text('DatabaseName'))
            .filter((table) => matches(table, optionalText(input, 'Expression'))),
        };
      case 'GetTable':
        return { Table: catalog.table(text('DatabaseName'), text('Name')) };
      case 'CreateTable':
        await catalog.createTable(text('DatabaseName'), fieldsOf(input['TableInput']));
        return {};
      case 'UpdateTable':
        await catalog.updateTable(text('DatabaseName'), fieldsOf(input['TableInput']));
        return {};
      case 'DeleteTable':
        await catalog.deleteTable(text('DatabaseName'), text('Name'));
        return {};
      case 'GetPartitions': {
        if (optionalText(input, 'Expression')) throw notLocal('glue:GetPartitions with an Expression');
        return { Partitions: catalog.partitions(text('DatabaseName'), text('TableName')) };
      }
      case 'GetPartition': {
        const wanted = listOf(input['PartitionValues']).map(String).join('\0');
        const found = catalog
          .partitions(text('DatabaseName'), text('TableName'))
          .find((each) => listOf(each['Values']).join('\0') === wanted);
        if (!found) throw new ServiceError('Glue.EntityNotFoundException', 'Cannot find partition.');
        return { Partition: found };
      }
      default:
        throw notLocal(`glue:${action}`);
    }
  }
}

function matches(table: Fields, expression: string | undefined): boolean {
  if (expression === undefined) return true;
  const pattern = expression.replace(/[.+^${}()[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^(?:${pattern})$`).test(String(table['Name']));
}
