import { App } from 'aws-cdk-lib';
import { buildSales } from './stack';

const app = new App();
buildSales(app);
app.synth();
