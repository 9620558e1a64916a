import type { Argv } from 'yargs';
import { packageFile } from '../package-file.js';
import { printingCommand } from './command-module.js';

const shells = ['bash', 'zsh', 'fish'] as const;

function options(parser: Argv) {
  return parser
    .positional('shell', { choices: shells, default: 'bash' as const, describe: 'the shell that is to read it' })
    .example('eval "$(./launch.sh completion)"', 'in ~/.bashrc: completes swae and ./launch.sh')
    .example('./launch.sh completion fish | source', 'in ~/.config/fish/config.fish');
}

export const completionCommand = printingCommand(
  'completion [shell]',
  'print a script that lets the shell complete commands, options and their values',
  options,
  ({ shell }) => ({ result: { shell, script: scripts[shell] }, lines: [scripts[shell]] }),
);

/** yargs answers with a word a line, in zsh and fish with what it is for; it knows the shell by SHELL. Where it has none, files are taken. */
const ask = (shell: (typeof shells)[number]) => {
  const program = [process.execPath, packageFile('build/bin/swae.js')];
  return `SHELL=${shell} ${program.map((path) => `'${path}'`).join(' ')} --get-yargs-completions`;
};

/** What stands before the command, -n RANKS, is launch.sh's own. */
const scripts: Readonly<Record<(typeof shells)[number], string>> = {
  bash: `_swae() {
  local words=("\${COMP_WORDS[@]:0:COMP_CWORD+1}")
  [ "\${words[1]-}" = -n ] && words=("\${words[0]}" "\${words[@]:3}")
  COMPREPLY=($(compgen -W "$(${ask('bash')} "\${words[@]}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o bashdefault -o default -F _swae swae launch.sh`,
  zsh: `_swae() {
  local -a given=("\${words[@]:0:$CURRENT}") answers
  [[ "\${given[2]-}" = -n ]] && given=("\${given[1]}" "\${given[@]:3}")
  answers=("\${(@f)$(${ask('zsh')} "\${given[@]}" 2>/dev/null)}")
  [[ -n "$answers" ]] && _describe swae answers || _default
}
compdef _swae swae launch.sh`,
  fish: `function __swae_complete
  set -l given (commandline -opc)
  set -l last (commandline -ct)
  test (count $given) -ge 3; and test "$given[2]" = -n; and set -e given[2..3]
  ${ask('fish').replace('SHELL', 'env SHELL')} $given "$last" 2>/dev/null
end
complete -c swae -a '(__swae_complete)'
complete -c launch.sh -a '(__swae_complete)'`,
};
