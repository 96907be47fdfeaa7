import { createUndiciTransport } from '../../src/platform/undici-transport.ts';
import { describeTransport } from './transport-contract.ts';

describeTransport('undici', createUndiciTransport);
