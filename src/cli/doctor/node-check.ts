import { type Check, fault, fine } from './finding.ts';

const OLDEST = { major: 22, minor: 12 };

/** Whether this Node.js can run the agent. */
export const nodeCheck: Check = {
  what: 'Node.js',
  examine: async () => {
    const { node } = process.versions;
    const [major = 0, minor = 0] = node.split('.').map(Number);
    const isOld = major < OLDEST.major || (major === OLDEST.major && minor < OLDEST.minor);
    const fix = `install Node.js ${OLDEST.major}.${OLDEST.minor} or later; 24 is what the agent is tested on.`;
    return [isOld ? fault('Node.js', `${node} is too old.`, fix) : fine('Node.js', node)];
  },
};
