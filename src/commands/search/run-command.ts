import { independentCommand } from '../command-module.js';
import { runOptions } from './run-options.js';
import { search } from './searcher.js';

/** Each rank is a searcher of its own: none is lost with another. */
export const searchRunCommand = independentCommand(
  'run <input..>',
  'train and measure trials; started anew, or beside others, it goes on with what is left',
  runOptions,
  search,
);
