/** One file, so that there is one cluster at a time: its ranks keep all cores busy. */
import { testInterruptions } from './interruptions.js';
import { testJobs } from './jobs.js';
import { testKills } from './kills.js';
import { labOfFile } from './lab.js';

const lab = labOfFile();
testJobs(lab);
testInterruptions(lab);
testKills(lab);
