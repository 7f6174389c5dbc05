import { App } from 'aws-cdk-lib';
import { buildFanOut } from './stack';

const app = new App();
buildFanOut(app);
app.synth();
