// A process that runs the embedded server on a folder until it is told to stop, or killed.

import { startEmbedded } from '../../src/db/embedded.ts';

const [dataDir = ''] = process.argv.slice(2);
const say = (line: string): void => console.error(line);
const server = await startEmbedded({ dataDir, log: { info: say, warn: say } });
console.log(JSON.stringify(server.connection));
process.once('SIGTERM', () => void server.stop());
