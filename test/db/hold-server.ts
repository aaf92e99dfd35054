// A process that runs the embedded server on a folder until it is told to stop, or killed.

import { startEmbedded } from '../../src/db/embedded.ts';

const [dataDir = ''] = process.argv.slice(2);
const say = (line: string): void => console.error(line);
const server = await startEmbedded({ dataDir, log: { info: say, warn: say } });
// Before it is told where the server is: whoever reads that may stop us at once.
process.once('SIGTERM', () => void server.stop());
console.log(JSON.stringify(server.connection));
