#!/usr/bin/env node
// The command of the package. It stands beside the build, because npm links commands before anything is built.
import '../dist/cli/main.js';
