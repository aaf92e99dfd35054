// `node scripts/run.mjs <file> [arguments]`: runs a file of this project with the pinned Node 24.

import { run } from './node24.mjs';

const [file, ...programArguments] = process.argv.slice(2);
run(file, programArguments);
