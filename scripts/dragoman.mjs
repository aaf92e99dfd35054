#!/usr/bin/env node
// `npx dragoman <command>`: the operator's shell commands.

import { run } from './node24.mjs';

run('src/cli/main.ts', process.argv.slice(2));
