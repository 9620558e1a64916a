/** One file, so that there is one cluster at a time: its ranks keep all cores busy. */
import { testInterconnect } from './interconnect.js';
import { testInterruptions } from './interruptions.js';
import { testJobs } from './jobs.js';
import { testKills } from './kills.js';
import { labOfFile } from './lab.js';

const lab = labOfFile();
testJobs(lab);
testInterconnect(lab);
testInterruptions(lab);
testKills(lab);
