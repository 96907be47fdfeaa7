import { createGotTransport } from '../../src/platform/got-transport.ts';
import { describeTransport } from './transport-contract.ts';

describeTransport('got', createGotTransport);
